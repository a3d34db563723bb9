import { mkdir } from "node:fs/promises";
import path from "node:path";
import { generateDataset } from "@lethe/sample-data/generate";
import { filesOf, layInto } from "../input.mjs";
import { startLethe } from "../lethe-installation.mjs";
import { medianOf } from "../report/median.mjs";
import { inTurns } from "../report/turns.mjs";
import { resetAll } from "../reset-all.mjs";

/** As a real month: hourly customers and transactions, daily products, 980 files of about 14 records. */
const MONTH = { days: 20, customers: 1_250, products: 3_860, transactions: 8_770, seed: 7 };
const JOBS = ["customers", "products", "transactions"];

/** Many small files, and the same number of records in one file for each dataset: what a file costs by itself. */
export async function measureSmallFiles({ work, rounds, note }) {
  const folders = { many: path.join(work, "many"), few: path.join(work, "few") };
  const clean = { ...MONTH, defectRate: 0, erasureRequests: 0, format: "json" };
  await generateDataset({ ...clean, out: folders.many, layout: "hourly" });
  await generateDataset({ ...clean, out: folders.few, layout: "single-file" });
  const files = { many: (await filesOf(folders.many)).length, few: (await filesOf(folders.few)).length };

  const nothing = path.join(work, "nothing");
  await mkdir(nothing);
  const lethe = await startLethe({ folder: path.join(work, "lethe"), input: nothing });
  try {
    await runMonth(lethe, folders.many);
    const seconds = { many: [], few: [] };
    for (const name of inTurns(["many", "few"], rounds)) {
      const took = await runMonth(lethe, folders[name]);
      seconds[name].push(took);
      note(`${files[name]} files: ${took.toFixed(2)} s`);
    }
    const perFile = seconds.many.map((s, round) => ((s - seconds.few[round]) / (files.many - files.few)) * 1_000);
    return {
      figures: { smallFilesSeconds: medianOf(seconds.many), perFileMs: medianOf(perFile) },
      servers: await lethe.versions(),
      details: { files, fewFilesSeconds: medianOf(seconds.few), ...MONTH },
    };
  } finally {
    await lethe.stop();
  }
}

/** Loads a month into an installation that is made empty before. Returns the seconds of its three jobs together. */
async function runMonth(lethe, input) {
  await resetAll(lethe.client, lethe.folder);
  await layInto(lethe.landing, input);
  let total = 0;
  for (const job of JOBS) {
    const { run, seconds } = await lethe.run(job);
    if (run.records.loaded !== MONTH[job]) throw new Error(`of ${job} ${run.records.loaded} were loaded`);
    total += seconds;
  }
  return total;
}
