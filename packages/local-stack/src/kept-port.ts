import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import path from "node:path";
import { findFreePort } from "./free-port.js";

/** Below the ports that systems give to outgoing connections, which would take a port while the server is down. */
const FIRST_PORT = 20_000;
const PORTS = 10_000;
const ATTEMPTS = 50;

export interface KeptPort {
  readonly port: number;
  /** The port of before, when it has another owner now. */
  readonly lost: number | undefined;
}

/**
 * Returns a free TCP port on 127.0.0.1 for a server of a folder: the one that the folder's file keeps, else one that follows from the
 * folder's name, so that installations side by side do not meet. The file keeps it for the next start.
 */
export async function keepPort(directory: string, server: string): Promise<KeptPort> {
  const file = path.join(directory, `${server}-port`);
  const before = await readPort(file);
  if (before !== undefined && (await isFree(before))) return { port: before, lost: undefined };
  const port = await chooseFreePort(directory, server);
  await writeFile(file, `${port}\n`, { mode: 0o600 });
  return { port, lost: before };
}

async function readPort(file: string): Promise<number | undefined> {
  const text = await readFile(file, "utf8").catch(() => "");
  const port = Number(text.trim());
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined;
}

async function chooseFreePort(directory: string, server: string): Promise<number> {
  const first = createHash("sha256").update(`${server} ${directory}`).digest().readUInt32BE(0);
  for (let i = 0; i < ATTEMPTS; i++) {
    const port = FIRST_PORT + ((first + i) % PORTS);
    if (await isFree(port)) return port;
  }
  return findFreePort();
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}
