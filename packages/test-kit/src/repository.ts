import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** Returns the absolute path of something in this checkout. */
export function fromRepository(path: string): string {
  return resolve(ROOT, path);
}
