import { setTimeout } from "node:timers/promises";
import { hasSystemCode } from "@lethe/contracts/system-error";
import type { Cluster } from "../cluster/cluster.js";
import type { FileAnswer } from "../feed/answer.js";
import { land } from "../work-off.js";
import type { Day, Delivery } from "./days.js";
import type { StormLog } from "./storm-log.js";

const STEP_MS = 250;

/** Hands in what days have for the seconds that have passed, until all is or `signal` aborts. */
export async function handIn(cluster: Cluster, day: Day, log: StormLog, signal: AbortSignal): Promise<void> {
  const start = performance.now();
  log.note(`day ${day.folder}: ${day.answer.files.length} files begin to come`);
  while (!signal.aborted && day.left.length > 0) {
    const seconds = (performance.now() - start) / 1_000;
    await handInSome(cluster, day, log, ({ at }) => at <= seconds);
    await setTimeout(STEP_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** Hands in what a day has left and its customers allow. */
export async function handInRest(cluster: Cluster, day: Day, log: StormLog): Promise<void> {
  await handInSome(cluster, day, log, () => true);
}

async function handInSome(
  cluster: Cluster,
  day: Day,
  log: StormLog,
  isDue: (delivery: Delivery) => boolean,
): Promise<void> {
  const due = day.left.filter(isDue);
  if (due.length === 0) return;
  const mayAsk = due.some(({ waitsForCustomers }) => waitsForCustomers) && (await customersAreThere(cluster, day));
  for (const delivery of due.filter(({ waitsForCustomers }) => !waitsForCustomers || mayAsk)) {
    const isIn = await handInOne(cluster, delivery.what, log).catch((error: unknown) => {
      // A drill fills the disk: the sender tries again.
      if (hasSystemCode(error, "ENOSPC")) return false;
      throw error;
    });
    if (!isIn) return;
    day.left.splice(day.left.indexOf(delivery), 1);
  }
}

async function handInOne(cluster: Cluster, what: Delivery["what"], log: StormLog): Promise<boolean> {
  if (isFile(what)) {
    await land(cluster, [what]);
    log.note(`landed ${what.path}`);
    return true;
  }
  const { status } = await cluster.call("POST", "/erasures", what);
  log.note(`asked for the erasure of ${what.customerId}: ${status}`);
  if (status !== 202) throw new Error(`POST /erasures answers with ${status}`);
  return true;
}

function isFile(what: Delivery["what"]): what is FileAnswer {
  return "bytes" in what;
}

/** All customers stand in the file of the day's first hour. */
async function customersAreThere(cluster: Cluster, day: Day): Promise<boolean> {
  const { rowCount } = await cluster.pool
    .query("select from ledger.files where path like $1 and dataset = 'customers' and state = 'done'", [
      `${day.folder}/hour=00/%`,
    ])
    .catch(() => ({ rowCount: 0 }));
  return rowCount === 1;
}
