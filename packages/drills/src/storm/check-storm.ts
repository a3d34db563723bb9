import { runLethe } from "@lethe/test-kit/program";
import { compare } from "../check/compare.js";
import { type Finding, wrong } from "../check/finding.js";
import { readOutcome } from "../check/read-outcome.js";
import type { Cluster } from "../cluster/cluster.js";
import type { Day } from "./days.js";
import { leaveOutUnclear, readRetaken } from "./leave-out-unclear.js";

/** Compares all days with their answers, and asks Lethe itself whether receipts hold. Everything must have settled. */
export async function checkStorm(cluster: Cluster, days: readonly Day[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const day of days) {
    const outcome = await readOutcome(cluster.pool, cluster.data, day.folder);
    const compared = leaveOutUnclear(day.answer, outcome, await readRetaken(cluster.pool, day.folder));
    // An officer has rejected these: see `settleStorm`.
    const rejected = compared.answer.rejected.filter(({ reason }) => reason !== "identity_mismatch");
    const found = compare({ ...compared.answer, rejected }, compared.outcome);
    findings.push(...found.map(({ kind, what }) => ({ kind, what: `${day.folder}: ${what}` })));
  }
  findings.push(
    ...(await countRequests(cluster, days)),
    ...(await verifyReceipts(cluster)),
    ...(await openDeadLetters(cluster)),
    ...cluster.places().flatMap((place) => place.endedByThemselves().map((how) => wrong(`${how}: it ended by itself`))),
  );
  return findings;
}

async function countRequests({ pool }: Cluster, days: readonly Day[]): Promise<Finding[]> {
  const { rows } = await pool.query<{ n: number }>(
    "select count(*)::integer as n from warehouse.erasure_requests where kind = 'request' and state = 'completed'",
  );
  // An id and two spellings of the email for each.
  const wanted = days.reduce((sum, { answer }) => sum + answer.erased.length / 3, 0);
  return rows[0]?.n === wanted ? [] : [wrong(`${rows[0]?.n} of ${wanted} erasures are completed`)];
}

async function verifyReceipts({ environment }: Cluster): Promise<Finding[]> {
  const { code, out, err } = await runLethe(["erasure", "verify", "--json"], environment);
  return code === 0
    ? []
    : [wrong(`lethe erasure verify ends with ${code}: ${out.slice(0, 1_500)} ${err.slice(0, 500)}`)];
}

/** All work is done, so nothing is left to replay. */
async function openDeadLetters(cluster: Cluster): Promise<Finding[]> {
  const { body } = await cluster.call("GET", "/dead-letters?limit=100");
  const letters = (body as { deadLetters?: { status: string; stage: string; code: string; runId: string }[] })
    .deadLetters;
  return (letters ?? [])
    .filter(({ status }) => status === "open")
    .map(({ stage, code, runId }) =>
      wrong(`a dead letter is open though all is done: ${stage} of run ${runId}, ${code}`),
    );
}
