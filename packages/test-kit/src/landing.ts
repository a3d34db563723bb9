import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import type { World } from "./world.js";

/** Puts a file into landing; a name that ends in `.gz` gets its content packed. */
export async function land(world: World, path: string, content: string | Buffer): Promise<void> {
  await landAsIs(world, path, path.endsWith(".gz") ? gzipSync(content) : Buffer.from(content));
}

/** Puts bytes into landing as they are, under whatever name. */
export async function landAsIs(world: World, path: string, bytes: Buffer): Promise<void> {
  const target = join(world.landing, path);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, bytes);
}

/** Puts records into landing as JSON lines. */
export async function landRecords(world: World, path: string, records: readonly unknown[]): Promise<void> {
  await land(world, path, records.map((record) => `${JSON.stringify(record)}\n`).join(""));
}
