import { mkdir } from "node:fs/promises";
import path from "node:path";
import { dumpTables, loadDump } from "../contenders/floor.mjs";
import { runLethe, warmUp } from "../contenders/lethe.mjs";
import { runLoader } from "../contenders/run-loader.mjs";
import { joinToOneFile, makeInput } from "../input.mjs";
import { startLethe } from "../lethe-installation.mjs";
import { readCpuSeconds, readOwnCpuSeconds } from "../measure/cpu-seconds.mjs";
import { medianOf, ratios } from "../report/median.mjs";
import { peaksOf } from "../report/peaks.mjs";
import { inTurns } from "../report/turns.mjs";
import { requireRows } from "../require-rows.mjs";
import { resetTransactions } from "../reset-transactions.mjs";

/** Transactions that contender 4 loads; all of them would take hours. */
const ROW_AT_A_TIME = 10_000;

/**
 * The contenders in turns over the same input, each into the same empty tables, beside the same customers and products. Lethe
 * has loaded one day before, uncounted, as a service that is up has; its first counted run leaves the floor's rows behind.
 */
export async function measureBulk({ work, transactions, rounds, contenders, note }) {
  const hourly = await makeInput(work, transactions);
  const oneFile = contenders.includes("lethe, one file") ? await joinToOneFile(hourly) : undefined;
  const lethe = await startLethe({ folder: path.join(work, "lethe"), input: hourly.base });
  try {
    const dump = path.join(work, "dump");
    await mkdir(dump);
    await warmUp(lethe, hourly.transactions);

    let lines;
    const run = {
      floor: () => loadDump(lethe.client, dump),
      lethe: () => runLethe(lethe, hourly.transactions),
      "lethe, one file": () => runLethe(lethe, oneFile),
      naive: () => runLoader("naive-loader.mjs", lethe.databaseUrl, hourly.transactions),
      "row at a time": () => runScaled(lethe, hourly.transactions, transactions, ROW_AT_A_TIME),
    };
    const results = Object.fromEntries(contenders.map((name) => [name, []]));
    for (const name of inTurns(contenders, rounds)) {
      await resetTransactions(lethe.client, lethe.folder);
      const before = await allCpuSeconds(lethe);
      const result = await run[name]();
      const cpuSecondsOfAll = (await allCpuSeconds(lethe)) - before;
      // The one that loads a part of the input has its own count, and the lines of that part are not known.
      const found = await requireRows(lethe.client, name, { transactions, lines, ...result.expected });
      if (lines === undefined) {
        ({ lines } = found);
        await dumpTables(lethe.client, dump);
      }
      results[name].push({ ...result, cpuSecondsOfAll });
      note(`${name}: ${result.seconds.toFixed(2)} s, CPU ${cpuSecondsOfAll.toFixed(2)} s`);
    }
    return {
      ...summarize(results),
      servers: await lethe.versions(),
      details: { ...detailsOf(results), transactions, lines, files: hourly.files },
    };
  } finally {
    await lethe.stop();
  }
}

/** Returns the CPU seconds that all processes have used: services, servers, and the loaders with this process. */
async function allCpuSeconds(lethe) {
  const each = Object.values(await readCpuSeconds(await lethe.processes()));
  return each.reduce((sum, seconds) => sum + seconds, await readOwnCpuSeconds());
}

/** Loads the first so many of the transactions row by row, and says what all of them would take. */
async function runScaled(lethe, input, transactions, most) {
  const count = Math.min(most, transactions);
  const { seconds } = await runLoader("row-at-a-time-loader.mjs", lethe.databaseUrl, input, count);
  return { seconds: (seconds / count) * transactions, expected: { transactions: count, lines: undefined } };
}

function summarize(results) {
  const seconds = Object.fromEntries(Object.entries(results).map(([name, runs]) => [name, runs.map((r) => r.seconds)]));
  const figures = {};
  const add = (figure, above, below) => {
    if (seconds[above] !== undefined && seconds[below] !== undefined) {
      figures[figure] = medianOf(ratios(seconds[above], seconds[below]));
    }
  };
  add("ratioToFloor", "lethe", "floor");
  add("ratioToFloorOneFile", "lethe, one file", "floor");
  add("ratioToNaive", "naive", "lethe");
  add("ratioToRowAtATime", "row at a time", "lethe");
  return { figures, peaks: peaksOf(results.lethe ?? []) };
}

function detailsOf(results) {
  const byContender = (measure) =>
    Object.fromEntries(Object.entries(results).map(([name, runs]) => [name, medianOf(runs.map(measure))]));
  const last = results.lethe?.at(-1);
  return {
    seconds: byContender((run) => run.seconds),
    // What ran at once is added up. Of a loader that is scaled it is of what it has loaded.
    cpuSecondsOfAll: byContender((run) => run.cpuSecondsOfAll),
    batches: last?.run.batches.total,
    stagesMs: last?.run.durationsMs,
    cpuSeconds: last?.cpuSeconds,
  };
}
