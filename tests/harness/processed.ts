import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { DatasetName } from "@lethe/contracts/datasets";
import { pathsBelow } from "./folders.js";
import type { World } from "./world.js";

export type JsonRecord = Readonly<Record<string, unknown>>;

/** Returns the records of a dataset in `processed_data/`, by partition folder (`date=…/hour=…`). */
export async function readProcessed(world: World, dataset: DatasetName): Promise<Map<string, JsonRecord[]>> {
  const byPartition = new Map<string, JsonRecord[]>();
  for (const path of await pathsBelow(world.processed)) {
    if (!path.endsWith(`/${dataset}.json.gz`)) continue;
    const text = gunzipSync(await readFile(join(world.processed, path))).toString("utf8");
    const records = text
      .split("\n")
      .filter((line) => line !== "")
      .map((line): JsonRecord => JSON.parse(line));
    byPartition.set(path.slice(0, path.lastIndexOf("/")), records);
  }
  return byPartition;
}
