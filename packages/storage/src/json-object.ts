import { StagedObjectError } from "@lethe/contracts/errors";
import type { Static, TSchema } from "typebox";
import { Compile } from "typebox/compile";
import type { BatchRef, Staging } from "./staging.js";

/** Writes a value as a JSON object in staging; returns its length in bytes. */
export async function writeJson(staging: Staging, batch: BatchRef, name: string, value: unknown): Promise<number> {
  return staging.write(batch, name, [Buffer.from(JSON.stringify(value))]);
}

/** Reads a JSON object from staging and holds it against its schema. Throws StagedObjectError. */
export async function readJson<T extends TSchema>(
  staging: Staging,
  batch: BatchRef,
  name: string,
  schema: T,
): Promise<Static<T>> {
  const bytes = await staging.read(batch, name);
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch {
    throw new StagedObjectError(`${name} of batch ${batch.batchId} is not JSON`);
  }
  if (!Compile<TSchema>(schema).Check(value)) {
    throw new StagedObjectError(`${name} of batch ${batch.batchId} is not of its schema`);
  }
  return value as Static<T>;
}
