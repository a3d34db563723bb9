import type { Stats } from "node:fs";

/** Returns what tells a file from another one in its place. A file that is gone may leave its own to a later one. */
export function idOf({ dev, ino }: Pick<Stats, "dev" | "ino">): string {
  return `${dev} ${ino}`;
}
