import { mkdir } from "node:fs/promises";
import path from "node:path";
import { dumpTables, loadDump } from "../contenders/floor.mjs";
import { runLethe, warmUp } from "../contenders/lethe.mjs";
import { daysOf, makeInput, splitOffLast } from "../input.mjs";
import { startLethe } from "../lethe-installation.mjs";
import { medianOf } from "../report/median.mjs";
import { peaksOf } from "../report/peaks.mjs";
import { requireRows } from "../require-rows.mjs";
import { resetTransactions } from "../reset-transactions.mjs";

const TIMES = 10;

/**
 * Lethe with some transactions, with ten times as many, and with some more into the tables that these have filled; then the
 * floor with ten times as many. The large loads run once: each takes as long as ten small ones.
 */
export async function measureLinearity({ work, transactions, rounds, note }) {
  const days = daysOf(transactions);
  const input = await makeInput(work, transactions * (TIMES + 1), days * (TIMES + 1));
  const few = await splitOffLast(input, days);
  const large = transactions * TIMES;
  const lethe = await startLethe({ folder: path.join(work, "lethe"), input: input.base });
  const dump = path.join(work, "dump");
  await mkdir(dump);
  const reset = () => resetTransactions(lethe.client, lethe.folder);
  const report = (name, { seconds }) => note(`${name}: ${seconds.toFixed(2)} s`);
  try {
    await warmUp(lethe, input.transactions);
    const small = [];
    for (let round = 0; round < rounds; round++) {
      await reset();
      small.push(await runLethe(lethe, few));
      await requireRows(lethe.client, "lethe", { transactions });
      report(`${transactions}`, small.at(-1));
    }
    await reset();
    const many = await runLethe(lethe, input.transactions);
    const { lines } = await requireRows(lethe.client, "lethe", { transactions: large });
    report(`${large}`, many);
    await dumpTables(lethe.client, dump);
    const more = await runLethe(lethe, few);
    await requireRows(lethe.client, "lethe", { transactions: large + transactions });
    report(`${transactions} more`, more);
    await reset();
    const floor = await loadDump(lethe.client, dump);
    await requireRows(lethe.client, "floor", { transactions: large, lines });
    report(`floor, ${large}`, floor);
    const ratiosTo = (seconds) => medianOf(small.map((run) => seconds / run.seconds));
    return {
      figures: {
        linearity: ratiosTo(many.seconds / TIMES),
        linearityIntoFull: ratiosTo(more.seconds),
        ratioToFloorLarge: medianOf([many.seconds / floor.seconds]),
      },
      peaks: peaksOf([many]),
      servers: await lethe.versions(),
      details: {
        transactions: large,
        lines,
        seconds: { lethe: medianOf([many.seconds]), floor: medianOf([floor.seconds]) },
        secondsOfATenth: medianOf(small.map((run) => run.seconds)),
        secondsOfATenthMore: medianOf([more.seconds]),
      },
    };
  } finally {
    await lethe.stop();
  }
}
