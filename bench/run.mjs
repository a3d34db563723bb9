// `npm run bench`: measures part by part, prints, and writes results.json and results.md. `--quick` runs the floor and Lethe
// once; `--only small-files,api` measures these and keeps the other figures as they stand.
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "../scripts/build.mjs";
import { checkNode } from "../scripts/check-node.mjs";
import { install } from "../scripts/install.mjs";
import { readOptions } from "./options.mjs";

checkNode();
const options = readOptions(process.argv.slice(2));
if (!((await install()) && (await build()))) process.exit(1);
// What it imports is there only now.
const { measureParts } = await import("./measure-parts.mjs");
const { mergeParts, toResults } = await import("./report/results.mjs");
const { toMarkdown } = await import("./report/markdown.mjs");

const work = await mkdtemp(path.join(options.work ?? tmpdir(), "lethe-bench-"));
try {
  const measured = await measureParts({ ...options, work, note: (text) => console.log(text) });
  const folder = options.publishes ? fileURLToPath(new URL(".", import.meta.url)) : options.out;
  if (folder === undefined) console.log(`\n${toMarkdown(toResults(measured))}`);
  else await writeResults(folder, measured);
} finally {
  await rm(work, { recursive: true, force: true });
}

async function writeResults(folder, measured) {
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, "results.json");
  const earlier = await readFile(file, "utf8").then(JSON.parse, () => ({ parts: {} }));
  const results = toResults(mergeParts(earlier.parts, measured));
  const markdown = toMarkdown(results);
  await writeFile(file, `${JSON.stringify(results, undefined, 2)}\n`);
  await writeFile(path.join(folder, "results.md"), markdown);
  console.log(`\n${markdown}`);
}
