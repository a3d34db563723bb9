import { mkdir } from "node:fs/promises";
import path from "node:path";
import { dumpTables, loadDump } from "../contenders/floor.mjs";
import { runLethe, warmUp } from "../contenders/lethe.mjs";
import { runLoader } from "../contenders/run-loader.mjs";
import { daysOf, makeInput, splitOffLast } from "../input.mjs";
import { startLethe } from "../lethe-installation.mjs";
import { medianOf, ratios } from "../report/median.mjs";
import { peaksOf } from "../report/peaks.mjs";
import { requireRows } from "../require-rows.mjs";
import { resetTransactions } from "../reset-transactions.mjs";
import { settle } from "../settle.mjs";

const TIMES = 10;

/**
 * Lethe with ten times as many transactions, with some more into the tables that these have filled, and with as many into
 * empty ones; then the floor and the script with ten times as many. The large loads run once: each takes as long as ten small
 * ones. The largest comes first, so that the others meet services and servers that have worked as long: buffers that are
 * touched for the first time, and heaps that have not been collected yet, would be of one side only. Each of the others comes
 * when the server's upkeep of what was loaded before is done.
 */
export async function measureLinearity({ work, transactions, rounds, note }) {
  const days = daysOf(transactions);
  const input = await makeInput(work, transactions * (TIMES + rounds), days * (TIMES + rounds));
  const few = [];
  for (let round = 0; round < rounds; round++) few.push(await splitOffLast(input, days, `few-${round}`));
  const large = transactions * TIMES;
  const lethe = await startLethe({ folder: path.join(work, "lethe"), input: input.base });
  const dump = path.join(work, "dump");
  await mkdir(dump);
  const reset = () => resetTransactions(lethe.client, lethe.folder);
  const report = (name, { seconds }) => note(`${name}: ${seconds.toFixed(2)} s`);
  try {
    await warmUp(lethe, input.transactions);
    await reset();
    const many = await runLethe(lethe, input.transactions);
    const { lines } = await requireRows(lethe.client, "lethe", { transactions: large });
    report(`${large}`, many);
    await dumpTables(lethe.client, dump);
    const more = [];
    for (const part of few) {
      await settle(lethe.client);
      more.push(await runLethe(lethe, part));
      await requireRows(lethe.client, "lethe", { transactions: large + transactions * more.length });
      report(`${transactions} more`, more.at(-1));
    }
    const small = [];
    for (const part of few) {
      await reset();
      await settle(lethe.client);
      small.push(await runLethe(lethe, part));
      await requireRows(lethe.client, "lethe", { transactions });
      report(`${transactions}`, small.at(-1));
    }
    await reset();
    const floor = await loadDump(lethe.client, dump);
    await requireRows(lethe.client, "floor", { transactions: large, lines });
    report(`floor, ${large}`, floor);
    await reset();
    const naive = await runLoader("naive-loader.mjs", lethe.databaseUrl, input.transactions);
    await requireRows(lethe.client, "naive", { transactions: large, lines });
    report(`naive, ${large}`, naive);
    const secondsOf = (runs) => runs.map(({ seconds }) => seconds);
    return {
      figures: {
        linearity: medianOf(secondsOf(small).map((seconds) => many.seconds / TIMES / seconds)),
        linearityIntoFull: medianOf(ratios(secondsOf(more), secondsOf(small))),
        ratioToFloorLarge: medianOf([many.seconds / floor.seconds]),
        ratioToNaiveLarge: medianOf([naive.seconds / many.seconds]),
      },
      peaks: peaksOf([many]),
      servers: await lethe.versions(),
      details: {
        transactions: large,
        lines,
        seconds: {
          lethe: medianOf([many.seconds]),
          floor: medianOf([floor.seconds]),
          naive: medianOf([naive.seconds]),
        },
        secondsOfATenth: medianOf(secondsOf(small)),
        secondsOfATenthMore: medianOf(secondsOf(more)),
      },
    };
  } finally {
    await lethe.stop();
  }
}
