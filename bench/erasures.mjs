// Erases 10 people and then 1,000 among 100,000 customers of one file and 1,000 archived files, in three rounds, and compares the
// times: a run handles its people together, so that more of them cost little more. Times are the run's own, from the ledger.
// `npm run bench -- --erasures` puts the figures into the results; `--customers`, `--files` and `--requests` make a trial of it.
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { startLethe } from "./lethe-installation.mjs";
import { cpuSecondsBetween, readCpuSeconds } from "./measure/cpu-seconds.mjs";
import { describeMachine } from "./measure/machine.mjs";
import { toMarkdown } from "./report/markdown.mjs";
import { medianOf, ratios } from "./report/median.mjs";
import { mergeParts, toResults } from "./report/results.mjs";

const { values } = parseArgs({
  options: {
    erasures: { type: "boolean" },
    customers: { type: "string" },
    files: { type: "string" },
    requests: { type: "string" },
  },
});
const { customers: ofCustomers, files: ofFiles, requests: ofRequests } = values;
const isTrial = [ofCustomers, ofFiles, ofRequests].some((value) => value !== undefined);
const customers = Number(ofCustomers ?? 100_000);
const files = Number(ofFiles ?? 1_000);
const requests = Number(ofRequests ?? 1_000);
const FEW = 10;
const ROUNDS = 3;
let hours = 0;
/** Customers in each of the small files. */
const PER_FILE = 4;

const startedAt = performance.now();
const folder = await mkdtemp(path.join(tmpdir(), "lethe-bench-"));
const input = path.join(folder, "input");
await writeInput();
const lethe = await startLethe({ folder: path.join(folder, "data"), input });
try {
  const few = [];
  const many = [];
  for (let round = 0; round < ROUNDS; round++) {
    few.push(await erase(round * (FEW + requests), FEW));
    many.push(await erase(round * (FEW + requests) + FEW, requests));
  }
  console.table([...few, ...many]);
  const part = await toPart(few, many);
  for (const [name, { median }] of Object.entries(part.figures)) console.log(`${name}: ${median}`);
  if (!isTrial) await writePart(part);
} finally {
  await lethe.stop();
  await rm(folder, { recursive: true, force: true });
}

async function toPart(few, many) {
  const secondsOf = (rounds) => rounds.map(({ seconds }) => seconds);
  const cpuOf = (rounds) => rounds.map((round) => round["CPU seconds"]);
  return {
    machine: { ...describeMachine(), ...(await lethe.versions()) },
    tookSeconds: Math.round((performance.now() - startedAt) / 1_000),
    figures: {
      manyErasures: medianOf(ratios(secondsOf(many), secondsOf(few))),
      manyErasuresCpu: medianOf(ratios(cpuOf(many), cpuOf(few))),
      manyErasuresSeconds: medianOf(secondsOf(many)),
      manyErasuresCpuSeconds: medianOf(cpuOf(many)),
    },
    // What else runs makes seconds long, and CPU seconds much less so.
    details: { customers, files, requests, loadAverage: loadavg()[1], few, many },
  };
}

/** Puts what was measured into the results beside the other parts. */
async function writePart(part) {
  const file = new URL("results.json", import.meta.url);
  const earlier = JSON.parse(await readFile(file, "utf8"));
  const results = toResults(mergeParts(earlier.parts, { erasures: part }));
  await writeFile(file, `${JSON.stringify(results, undefined, 2)}\n`);
  await writeFile(new URL("results.md", import.meta.url), toMarkdown(results));
}

function rounded(number) {
  return Math.round(number * 100) / 100;
}

/** One large file, and one of a few customers for each hour. */
async function writeInput() {
  await writeHour(
    0,
    Array.from({ length: customers }, (_, n) => customer(n)),
  );
  for (let hour = 1; hour <= files; hour++) {
    await writeHour(
      hour,
      Array.from({ length: PER_FILE }, (_, i) => customer((hour * PER_FILE + i) % customers)),
    );
  }
}

async function writeHour(hour, records) {
  const day = new Date(Date.UTC(2020, 0, 1, hour));
  const name = `date=${day.toISOString().slice(0, 10)}/hour=${String(day.getUTCHours()).padStart(2, "0")}`;
  await mkdir(path.join(input, name), { recursive: true });
  const text = records.map((record) => `${JSON.stringify(record)}\n`).join("");
  await writeFile(path.join(input, name, "customers.json.gz"), gzipSync(text));
}

function customer(n) {
  return {
    ...{ id: String(n).padStart(6, "0"), first_name: `Given${n % 997}`, last_name: `Family${n % 4_999}` },
    ...{ date_of_birth: "1980-05-17", email: `person${n}@box${n % 61}.example` },
    ...{
      phone_number: `+44 (0)20 ${String(70_000_000 + n)}`,
      address: `${n % 900} Street ${n % 3_001}\nFlat ${n % 30}`,
    },
    ...{ city: `City ${n % 99}`, country: "United Kingdom", postcode: `N${n % 20} ${n % 10}AA`, segment: null },
    last_change: "2019-12-31",
  };
}

/** Hands in requests as one file and follows their run to its end. */
async function erase(from, count) {
  hours += 1;
  const hour = path.join(lethe.landing, "date=2031-01-01", `hour=${String(hours).padStart(2, "0")}`);
  await mkdir(hour, { recursive: true });
  const step = Math.floor(customers / ((requests + FEW) * ROUNDS));
  const people = Array.from({ length: count }, (_, i) => customer((from + i) * step));
  const lines = people.map(({ id, email }) => `${JSON.stringify({ "customer-id": id, email })}\n`);
  await writeFile(path.join(hour, "erasure-requests.json"), lines.join(""));
  const before = await readCpuSeconds(await lethe.processes());
  const { run } = await lethe.run("erasure-requests");
  const cpu = cpuSecondsBetween(before, await readCpuSeconds(await lethe.processes()));
  if (run.records.loaded !== count) throw new Error(`${run.records.loaded} of ${count} requests were loaded`);
  const { rows } = await lethe.client.query(
    "select count(*)::integer as done from warehouse.erasure_requests where run_id = $1 and state = 'completed'",
    [run.id],
  );
  if (rows[0].done !== count) throw new Error(`${rows[0].done} of ${count} erasures were completed`);
  const { loader, postgres } = cpu;
  const all = Object.values(cpu).reduce((sum, seconds) => sum + seconds, 0);
  return {
    ...{ requests: count, seconds: rounded(run.durationsMs.total / 1_000) },
    ...{ "CPU seconds": rounded(all), "of the loader": rounded(loader), "of PostgreSQL": rounded(postgres) },
  };
}
