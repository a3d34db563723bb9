import type { AlertKind } from "@lethe/contracts/checks";
import type { DatasetName } from "@lethe/contracts/datasets";
import { NEED_NAMES, type Need, type NeedEntry } from "@lethe/contracts/overview";
import { countOpenDecisions } from "@lethe/warehouse/erasures/open-decisions";
import { countRequestsToSeeTo } from "@lethe/warehouse/erasures/requests";
import { countReplayableDeadLetters } from "@lethe/warehouse/ledger/dead-letters";
import { countFailedRuns } from "@lethe/warehouse/ledger/failed-runs";
import { countLastNotTaken } from "@lethe/warehouse/ledger/not-taken";
import type { Queryable } from "@lethe/warehouse/pool";
import { countOpenAlerts } from "@lethe/warehouse/quality/alerts";

/** From when on before the end of its term a request is named. */
const SOON_DAYS = 7;

/** Returns what waits for somebody, in the order in which `NEEDS` has it, and of each what there is any of. */
export async function readNeeds(db: Queryable, requests: DatasetName): Promise<NeedEntry[]> {
  const [toSeeTo, failed, deadLetters, alerts, notTaken, decisions] = await Promise.all([
    countRequestsToSeeTo(db, requests, SOON_DAYS),
    countFailedRuns(db),
    countReplayableDeadLetters(db),
    countOpenAlerts(db),
    countLastNotTaken(db),
    countOpenDecisions(db),
  ]);
  const openRequests = "/requests?open=true";
  const entries: NeedEntry[] = [
    entry("requests_overdue", requests, toSeeTo.overdue, openRequests),
    entry("requests_due_soon", requests, toSeeTo.dueSoon, openRequests),
    entry("requests", requests, toSeeTo.waiting, openRequests),
    ...failed.map(({ job, runs }) => entry("failed_runs", job, runs, `/runs?job=${job}&state=failed`)),
    entry("dead_letters", null, deadLetters, "/dead-letters"),
    ...alerts.map(({ dataset, kind, alerts: open }) =>
      entry(needOf(kind), dataset, open, `/alerts?dataset=${dataset}&kind=${kind}&state=open`),
    ),
    ...notTaken.map(({ job, entries, runId }) => entry("not_taken", job, entries, `/runs/${runId}`)),
    entry("questions", null, decisions.questions, "/erasures/questions"),
    entry("findings", null, decisions.findings, "/erasures/findings"),
  ];
  return entries
    .filter(({ count }) => count > 0)
    .sort((a, b) => NEED_NAMES.indexOf(a.what) - NEED_NAMES.indexOf(b.what));
}

function needOf(kind: AlertKind): Need {
  return `${kind}_alerts`;
}

function entry(what: Need, dataset: DatasetName | null, count: number, list: string): NeedEntry {
  return { what, dataset, count, list };
}
