import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The folder of all that a database is made of. */
export const SCRIPTS = fileURLToPath(new URL("../../../sql-scripts", import.meta.url));

/** A step of the schema, applied once. */
export interface Step {
  readonly name: string;
  /** What it does to data that is there, as its second line says: `rewrites …`, `deletes …`; undefined where it only adds. */
  readonly effect: string | undefined;
}

/** Returns the steps of this version in their order. Together they are its schema's version. */
export function readSteps(folder = SCRIPTS): Step[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".sql"))
    .sort()
    .map((file) => ({
      name: file.slice(0, -".sql".length),
      effect: declaredEffect(readFileSync(`${folder}/${file}`, "utf8")),
    }));
}

/** Returns what a step declares; one that declares nothing is taken for one that may do anything. */
export function declaredEffect(script: string): string | undefined {
  const [, effect] = /^-- Up Migration\n-- Effect: (none|(?:rewrites|deletes) .+)\n/.exec(script) ?? [];
  return effect === "none" ? undefined : (effect ?? UNDECLARED);
}

export const UNDECLARED = "does not declare what it does to data";
