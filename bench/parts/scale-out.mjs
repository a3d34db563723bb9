import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import path from "node:path";
import { runLethe, warmUp } from "../contenders/lethe.mjs";
import { layInto, makeInput } from "../input.mjs";
import { startLetheByHand } from "../lethe-by-hand.mjs";
import { medianOf, medianOfEach, ratios } from "../report/median.mjs";
import { inTurns } from "../report/turns.mjs";
import { requireRows } from "../require-rows.mjs";
import { resetTransactions } from "../reset-transactions.mjs";

/** The stages' costs are given for so many transactions. */
const UNIT = 300_000;
const STAGES = ["extractor", "transformer", "loader", "postgres", "redis", "scheduler"];

/** The same work with one transformer and with two, bound to a core each. Returns undefined where that cannot be done. */
export async function measureScaleOut({ work, transactions, rounds, note }) {
  if (availableParallelism() < 2 || spawnSync("taskset", ["-V"]).status !== 0) {
    note("left out: it takes two cores and taskset");
    return undefined;
  }
  const input = await makeInput(work, transactions);
  const lethe = await startLetheByHand(path.join(work, "lethe"));
  try {
    await lethe.startTransformer(0);
    await layInto(lethe.landing, input.base);
    await lethe.run("customers");
    await lethe.run("products");
    const results = { one: [], two: [] };
    for (const name of inTurns(["one", "two"], rounds)) {
      await resetTransactions(lethe.client, lethe.folder);
      const second = name === "two" ? await lethe.startTransformer(1) : undefined;
      // The second one has just been started.
      await warmUp(lethe, input.transactions);
      await resetTransactions(lethe.client, lethe.folder);
      const result = await runLethe(lethe, input.transactions);
      await requireRows(lethe.client, "lethe", { transactions });
      await second?.stop();
      results[name].push(result);
      note(`${name === "two" ? "two transformers" : "one transformer"}: ${result.seconds.toFixed(2)} s`);
    }
    const seconds = { one: results.one.map((run) => run.seconds), two: results.two.map((run) => run.seconds) };
    return {
      figures: { scaleOut: medianOf(ratios(seconds.one, seconds.two)) },
      servers: await lethe.versions(),
      details: { transactions, seconds: medianOfEach(seconds), stageCosts: stageCosts(results.one, transactions) },
    };
  } finally {
    await lethe.stop();
  }
}

/** Returns the CPU seconds of each stage for 300,000 transactions, the medians of the runs with one transformer. */
function stageCosts(runs, transactions) {
  const scaled = (stage) => runs.map(({ cpuSeconds }) => ((cpuSeconds[stage] ?? 0) / transactions) * UNIT);
  return medianOfEach(Object.fromEntries(STAGES.map((stage) => [stage, scaled(stage)])), 2).median;
}
