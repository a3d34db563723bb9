// `npm run bench`: measures part by part, prints, and writes results.json and results.md. `--quick` runs the floor and Lethe
// once; `--only small-files,api` measures these and keeps the other figures as they stand.
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "../scripts/build.mjs";
import { checkNode } from "../scripts/check-node.mjs";
import { asksForHelp, helpText } from "../scripts/help-text.mjs";
import { install } from "../scripts/install.mjs";
import { BENCH_HELP, readOptions } from "./options.mjs";

if (asksForHelp(process.argv.slice(2))) {
  console.log(helpText(BENCH_HELP));
  process.exit();
}
checkNode();
const isOfErasures = process.argv.includes("--erasures");
const options = isOfErasures ? undefined : readArguments();
if (!((await install()) && (await build()))) process.exit(1);
if (options === undefined) {
  await import("./erasures.mjs");
  process.exit();
}
// What these import is there only now.
const { measurePart } = await import("./measure-part.mjs");
const { mergeParts, toResults } = await import("./report/results.mjs");
const { toMarkdown } = await import("./report/markdown.mjs");

const out = options.publishes ? fileURLToPath(new URL(".", import.meta.url)) : options.out;
const work = await mkdtemp(path.join(options.work ?? tmpdir(), "lethe-bench-"));
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    // What still runs in it needs a moment to end.
    console.error(`${signal}: stopped; ${work} is left behind`);
    process.exit(1);
  });
}
const measured = {};
try {
  for (const part of options.parts) {
    console.log(`\n${part}`);
    const result = await measurePart(part, { ...options, work, note: (text) => console.log(`  ${text}`) }).catch(
      noteFailure,
    );
    if (result === undefined) continue;
    console.log(`  took ${result.tookSeconds} s`);
    measured[part] = result;
    // At once: an hour's figures must not hang on the last part.
    if (out !== undefined) await writeResults(out, measured);
  }
  if (Object.keys(measured).length > 0) console.log(`\n${toMarkdown(toResults(measured))}`);
} finally {
  await rm(work, { recursive: true, force: true });
}

function readArguments() {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${error.message}. \`npm run bench -- --help\` shows the options.`);
    process.exit(2);
  }
}

/** The other parts can be measured all the same. */
function noteFailure(error) {
  console.error(error);
  process.exitCode = 1;
}

/** Puts what was measured into the results that stand in a folder. */
async function writeResults(folder, parts) {
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, "results.json");
  const earlier = existsSync(file) ? JSON.parse(await readFile(file, "utf8")) : { parts: {} };
  const results = toResults(mergeParts(earlier.parts, parts));
  await writeFile(file, `${JSON.stringify(results, undefined, 2)}\n`);
  await writeFile(path.join(folder, "results.md"), toMarkdown(results));
}
