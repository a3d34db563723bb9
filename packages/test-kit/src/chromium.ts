import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Chromium's program, where this machine has one. */
export const CHROMIUM = (process.env.PATH ?? "")
  .split(delimiter)
  .flatMap((folder) => ["chromium", "chromium-browser", "google-chrome"].map((name) => join(folder, name)))
  .find((file) => existsSync(file));
