import { spawn } from "node:child_process";
import { once } from "node:events";
import { freemem } from "node:os";

/** More than a load takes for tables, log and files. */
const MOST_GIB = 4;
const FILL = "Array.from({ length: Number(process.argv[1]) }, () => Buffer.alloc(2 ** 30, 1))";

/**
 * Takes away what a load leaves for the next one to pay: the server's upkeep of it (vacuum, statistics, a checkpoint), which
 * would come by itself within minutes, and memory of a virtual machine that nobody has used yet, which the host finds page by
 * page: 7 µs each instead of 1.5.
 */
export async function settle(client) {
  await client.query("vacuum (analyze)");
  await client.query("checkpoint");
  const gib = Math.min(MOST_GIB, Math.floor(freemem() / 2 / 2 ** 30));
  await once(spawn(process.execPath, ["--eval", FILL, String(gib)], { stdio: "inherit" }), "exit");
}
