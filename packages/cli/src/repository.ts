import path from "node:path";
import { fileURLToPath } from "node:url";

/** The root of this checkout, wherever the command is called from. */
const REPOSITORY = fileURLToPath(new URL("../../..", import.meta.url));

/** Resolves a path of a setting: a relative one starts at the root of the checkout, not at the working directory. */
export function fromRepository(relativeOrAbsolute: string): string {
  return path.resolve(REPOSITORY, relativeOrAbsolute);
}
