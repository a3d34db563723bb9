import path from "node:path";
import { setTimeout } from "node:timers/promises";
import autocannon from "autocannon";
import { isOfFirstDay, layInto, makeInput } from "../input.mjs";
import { startLethe } from "../lethe-installation.mjs";
import { medianOfEach } from "../report/median.mjs";
import { resetTransactions } from "../reset-transactions.mjs";

const ROUTES = {
  "GET /runs": { path: "/runs" },
  "GET /jobs": { path: "/jobs" },
  "POST /jobs/transactions/runs": {
    path: "/jobs/transactions/runs",
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  },
};
/** For each route: more than people and schedules ask, and little enough that the load is not what is measured. */
const REQUESTS_A_SECOND = 20;
const CONNECTIONS = 2;
/** Above any run; the load is stopped when the run is closed. */
const LONGEST_SECONDS = 3_600;

/** How long the API takes to answer while a bulk run is at work. */
export async function measureApi({ work, transactions, rounds, note }) {
  const input = await makeInput(work, transactions);
  const lethe = await startLethe({ folder: path.join(work, "lethe"), input: input.base });
  try {
    const latencies = Object.fromEntries(Object.keys(ROUTES).map((route) => [route, []]));
    // Uncounted, as an API that is up has answered before.
    await askDuringRun(lethe, input.transactions, isOfFirstDay);
    for (let round = 0; round < rounds; round++) {
      const answers = await askDuringRun(lethe, input.transactions);
      for (const [route, latency] of Object.entries(answers)) {
        latencies[route].push(latency);
        note(`${route}: p50 ${latency.p50} ms, p99 ${latency.p99} ms of ${latency.answers} answers`);
      }
    }
    const p99s = Object.entries(latencies).map(([route, each]) => [route, each.map(({ p99 }) => p99)]);
    return {
      figures: { apiP99Ms: medianOfEach(Object.fromEntries(p99s), 1) },
      servers: await lethe.versions(),
      details: { transactions, requestsASecondByRoute: REQUESTS_A_SECOND, latenciesMs: latencies },
    };
  } finally {
    await lethe.stop();
  }
}

/** Loads the input and asks all routes meanwhile. Returns their latencies. */
export async function askDuringRun(lethe, input, isTaken) {
  await resetTransactions(lethe.client, lethe.folder);
  await layInto(lethe.landing, input, isTaken);
  const running = lethe.run("transactions");
  await untilActiveRuns(lethe.client, 1);
  const load = startLoad(lethe.api);
  await running;
  const latencies = await load.stop();
  // The last POST may have come when the run was closed already.
  await untilActiveRuns(lethe.client, 0);
  return latencies;
}

/** Asks all routes until it is stopped, and then gives latencies in ms and the number of answers by route. */
function startLoad(api) {
  const loads = Object.entries(ROUTES).map(([route, { path: place, ...request }]) => {
    const load = autocannon({
      url: `${api}${place}`,
      ...request,
      connections: CONNECTIONS,
      overallRate: REQUESTS_A_SECOND,
      duration: LONGEST_SECONDS,
    });
    return { route, load };
  });
  return {
    async stop() {
      const latencies = {};
      for (const { load } of loads) load.stop();
      for (const { route, load } of loads) {
        const { latency, requests, errors, timeouts } = await load;
        if (errors + timeouts > 0) throw new Error(`${errors + timeouts} requests of ${route} had no answer`);
        latencies[route] = { p50: latency.p50, p99: latency.p99, max: latency.max, answers: requests.total };
      }
      return latencies;
    },
  };
}

/** Waits until so many runs are open. */
async function untilActiveRuns(client, count) {
  for (;;) {
    const { rows } = await client.query(
      "select count(*)::int as open from ledger.runs where state in ('queued', 'extracting', 'processing', 'finishing')",
    );
    if (rows[0].open === count) return;
    await setTimeout(5);
  }
}
