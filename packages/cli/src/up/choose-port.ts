import { once } from "node:events";
import { createServer } from "node:net";
import { hasSystemCode } from "@lethe/contracts/system-error";

/** Returns the wanted port when it is free on `host`, else 0: the system then chooses one. */
export async function choosePort(wanted: number, host: string): Promise<number> {
  if (wanted === 0) return 0;
  const server = createServer();
  try {
    server.listen(wanted, host);
    await once(server, "listening");
    return wanted;
  } catch (error) {
    if (hasSystemCode(error, "EADDRINUSE") || hasSystemCode(error, "EACCES")) return 0;
    throw error;
  } finally {
    server.close();
  }
}
