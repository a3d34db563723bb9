import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { startOf } from "../packages/local-stack/process-start.mjs";
import { ROOT } from "./root.mjs";

/** Reports whether a `lethe up` of this checkout, built as it is, runs on the folder that DATA_DIR names. `lethe up` itself looks more closely. */
export async function isRunningStack({ DATA_DIR = "var" } = process.env) {
  if (!existsSync(path.join(ROOT, "packages", "cli", "bundle", "main.js"))) return false;
  try {
    const { owner } = JSON.parse(readFileSync(path.resolve(ROOT, DATA_DIR, "up.lock"), "utf8"));
    return owner.startedAt !== "" && (await startOf(owner.pid)) === owner.startedAt;
  } catch {
    return false;
  }
}
