#!/usr/bin/env node
// Stands in the repository, so that package managers can link the command before anything is built.
import { existsSync } from "node:fs";

const main = new URL("../bundle/main.js", import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  process.stderr.write("lethe is not built yet: run `npm start` once, or `npm run build`\n");
  process.exitCode = 2;
}
