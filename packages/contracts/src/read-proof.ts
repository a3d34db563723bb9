import Type from "typebox";
import { Compile } from "typebox/compile";
import { type Checkpoint, CheckpointSchema, type LoggedSuppression, LoggedSuppressionSchema } from "./proof.js";

const checkpointCheck = Compile(CheckpointSchema);
const suppressionsCheck = Compile(Type.Object({ suppressions: Type.Array(LoggedSuppressionSchema) }));

/** Returns the checkpoint that a text of JSON holds; undefined when it holds something else. */
export function readCheckpoint(text: string): Checkpoint | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return checkpointCheck.Check(value) ? value : undefined;
}

/** Returns the suppressions that the body of an entry lists; undefined when it lists none that can be read. */
export function readLoggedSuppressions(body: unknown): readonly LoggedSuppression[] | undefined {
  return suppressionsCheck.Check(body) ? body.suppressions : undefined;
}
