import path from "node:path";
import { runLethe } from "../contenders/lethe.mjs";
import { joinToOneFile, makeInput, sizeOf } from "../input.mjs";
import { startLethe } from "../lethe-installation.mjs";
import { peaksOf } from "../report/peaks.mjs";
import { requireRows } from "../require-rows.mjs";

const FULL_SIZE = 300_000;
/** At full size one file has 2 GB. */
const BYTES = 2e9;
const TRANSACTION_BYTES = 520;

/** The services' memory while one large file is loaded. Smaller input makes the file smaller by as much. */
export async function measureBigFile({ work, transactions: size, note }) {
  const transactions = Math.ceil((size / FULL_SIZE) * (BYTES / TRANSACTION_BYTES));
  const input = await makeInput(work, transactions);
  const file = await joinToOneFile(input);
  const bytes = await sizeOf(file);
  const lethe = await startLethe({ folder: path.join(work, "lethe"), input: input.base });
  try {
    const result = await runLethe(lethe, file);
    await requireRows(lethe.client, "lethe", { transactions });
    note(`${(bytes / 1e9).toFixed(3)} GB: ${result.seconds.toFixed(2)} s, ${JSON.stringify(result.peakRssMb)} MB`);
    return {
      figures: {},
      peaks: peaksOf([result]),
      servers: await lethe.versions(),
      details: { transactions, bytes, seconds: result.seconds },
    };
  } finally {
    await lethe.stop();
  }
}
