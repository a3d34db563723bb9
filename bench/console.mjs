// `node bench/console.mjs`, after a build: opens each page of the console over an empty ledger and over a full one, with 100,000 runs, 35,000
// partitions and 1,000,000 quarantined records, and asks the API during a bulk run while ten consoles are open. Chromium must be installed.
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { startBrowser, untilLoaded } from "@lethe/test-kit/browser";
import { makeInput } from "./input.mjs";
import { startLethe } from "./lethe-installation.mjs";
import { askDuringRun } from "./parts/api.mjs";
import { median } from "./report/median.mjs";

const RUNS = 100_000;
const PARTITIONS = 35_000;
const REJECTS = 1_000_000;
const ROUNDS = 5;
const CONSOLES = 10;
const TRANSACTIONS = 300_000;

const work = await mkdtemp(path.join(tmpdir(), "lethe-bench-"));
try {
  const input = await makeInput(work, TRANSACTIONS);
  const empty = path.join(work, "empty");
  await mkdir(empty);
  const lethe = await startLethe({ folder: path.join(work, "lethe"), input: empty });
  const browser = await startBrowser();
  try {
    const before = await openPages(browser, lethe.api);
    await fillLedger(lethe.client);
    const after = await openPages(browser, lethe.api);
    console.table(
      Object.entries(after).map(([page, ms]) => ({
        page,
        "full ledger (ms)": ms,
        "empty ledger (ms)": before[page] ?? null,
        ratio: before[page] === undefined ? null : Number((ms / before[page]).toFixed(2)),
      })),
    );
  } finally {
    await browser.close();
    await lethe.stop();
  }
  await askBesideConsoles(input);
} finally {
  await rm(work, { recursive: true, force: true });
}

/** Returns the median time in ms until each page shows what it has asked for, in a browser that has its files already. */
async function openPages(browser, api) {
  const page = await browser.open(api);
  await untilLoaded(page);
  const links = await page.getByRole("navigation", { name: "Pages" }).getByRole("link").all();
  const paths = new Map();
  for (const link of links) paths.set(await link.textContent(), await link.getAttribute("href"));
  const { runs } = await (await fetch(`${api}/runs?limit=1`)).json();
  // The hours of the full ledger are of transactions.
  for (const name of ["Partitions", "Quality"]) paths.set(name, `${paths.get(name)}?dataset=transactions`);
  if (runs[0] !== undefined) paths.set("Run", `/console/runs/${runs[0].id}`);
  const figures = {};
  for (const [name, place] of paths) {
    const times = [];
    for (let round = 0; round < ROUNDS; round++) {
      const startedAt = performance.now();
      await page.goto(api + place, { waitUntil: "commit" });
      await untilLoaded(page);
      times.push(performance.now() - startedAt);
    }
    figures[name] = Math.round(median(times));
  }
  await page.context().close();
  return figures;
}

/** Puts into the ledger what years of work would leave there. */
async function fillLedger(client) {
  await client.query(
    `insert into ledger.runs (job, kind, trigger, state, requested_at, started_at, extracted_at, finished_at)
     select (array['customers', 'products', 'transactions', 'erasure-requests'])[1 + n % 4], 'files', 'schedule',
            case when n % 50 = 0 then 'failed' else 'succeeded' end, at, at, at, at
     from generate_series(1, $1::integer) n, lateral (select now() - n * interval '20 minutes' as at) t`,
    [RUNS],
  );
  await client.query(
    `insert into ledger.files (dataset, path, partition_date, partition_hour, sha256, bytes, run_id, state, batches_total,
                               batches_loaded, records_in, records_loaded, records_rejected, created_at, done_at, delivery)
     select 'transactions', to_char(at, '"date="YYYY-MM-DD"/hour="HH24"/transactions.json"'), at::date, extract(hour from at),
            sha256(int8send(n)), 1000, r.id, 'done', 1, 1, 100, 99, 1, at, at, sha256(int8send(n))
     from generate_series(1, $1::bigint) n
     cross join lateral (select date_trunc('hour', now() at time zone 'UTC') - n * interval '1 hour' as at) t
     join (select id, row_number() over (order by requested_at desc) as place from ledger.runs where job = 'transactions') r
       on r.place = 1 + n % 25000`,
    [PARTITIONS],
  );
  await client.query(
    `insert into ledger.quarantine (dataset, reason, status, run_id, file_id, line, message, payload, created_at)
     select 'transactions', (array['schema', 'unknown_customer', 'total_mismatch'])[1 + n % 3],
            case when n % 10 = 0 then 'open' else 'replayed' end, f.run_id, f.id, 1 + n / $2, 'a record of the benchmark', '{}', f.created_at
     from generate_series(1, $1::integer) n
     join (select id, run_id, created_at, row_number() over (order by id) as place from ledger.files) f on f.place = 1 + n % $2`,
    [REJECTS, PARTITIONS],
  );
  await client.query("vacuum (analyze) ledger.runs, ledger.files, ledger.quarantine");
}

/** Asks the API during a bulk run, alone and with consoles open, and prints its latencies. */
async function askBesideConsoles(input) {
  const lethe = await startLethe({ folder: path.join(work, "bulk"), input: input.base });
  const browser = await startBrowser();
  try {
    const alone = await askDuringRun(lethe, input.transactions);
    const pages = ["/", "/console/runs", "/console/quarantine", "/"];
    for (let i = 0; i < CONSOLES; i++) await browser.open(lethe.api + pages[i % pages.length]);
    const beside = await askDuringRun(lethe, input.transactions);
    console.table(
      Object.entries(beside).map(([route, { p99 }]) => ({
        route,
        [`p99 with ${CONSOLES} consoles (ms)`]: p99,
        "p99 without (ms)": alone[route].p99,
      })),
    );
  } finally {
    await browser.close();
    await lethe.stop();
  }
}
