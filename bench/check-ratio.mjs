// For CI: a quick benchmark, and a warning when Lethe has become slower beside the floor than the stored results say. Noise
// fails no build: the exit code is 1 only where the benchmark itself cannot run. Options go on to it.
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { compareRatio } from "./report/compare-ratio.mjs";

const FOLDER = fileURLToPath(new URL(".", import.meta.url));

const out = await mkdtemp(path.join(tmpdir(), "lethe-ratio-"));
try {
  const args = [path.join(FOLDER, "run.mjs"), "--quick", "--out", out, ...process.argv.slice(2)];
  const { status } = spawnSync(process.execPath, args, { stdio: "inherit" });
  if (status === 0) {
    const { isWarning, text } = compareRatio(await ratioIn(out), await ratioIn(FOLDER));
    // GitHub and what reads its notation show such a line beside the build.
    console.log(isWarning ? `::warning title=benchmark::${text}` : text);
  } else {
    process.exitCode = 1;
  }
} finally {
  await rm(out, { recursive: true, force: true });
}

/** Returns undefined where no results are. */
async function ratioIn(folder) {
  const results = await readFile(path.join(folder, "results.json"), "utf8").then(JSON.parse, () => ({}));
  return results.ratioToFloor;
}
