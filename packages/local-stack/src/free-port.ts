import { once } from "node:events";
import { createServer } from "node:net";

/** Returns a TCP port on 127.0.0.1 that no process listens on at the moment. */
export async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new TypeError("a TCP server has an address with a port");
  return address.port;
}
