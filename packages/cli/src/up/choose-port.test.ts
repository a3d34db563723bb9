import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, it } from "vitest";
import { choosePort } from "./choose-port.js";

it("keeps to the wanted port when it is free, and leaves the choice to the system when it is taken", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  expect(await choosePort(port, "127.0.0.1")).toBe(0);
  server.close();
  await once(server, "close");
  expect(await choosePort(port, "127.0.0.1")).toBe(port);
});
