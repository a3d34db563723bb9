// Erases 10 people and then 1,000 among 100,000 customers of one file and 1,000 archived files, and compares the times: a run
// handles its people together, so that more of them cost little more. Every figure is the run's own, from the ledger.
// `npm run bench -- --erasures`; `--customers`, `--files` and `--requests` make a trial of it.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { startLethe } from "./lethe-installation.mjs";
import { cpuSecondsBetween, readCpuSeconds } from "./measure/cpu-seconds.mjs";

const { values } = parseArgs({
  options: {
    erasures: { type: "boolean" },
    customers: { type: "string", default: "100000" },
    files: { type: "string", default: "1000" },
    requests: { type: "string", default: "1000" },
  },
});
const customers = Number(values.customers);
const files = Number(values.files);
const requests = Number(values.requests);
const FEW = 10;
/** Customers in each of the small files. */
const PER_FILE = 4;

const folder = await mkdtemp(path.join(tmpdir(), "lethe-bench-"));
const input = path.join(folder, "input");
await writeInput();
const lethe = await startLethe({ folder: path.join(folder, "data"), input });
try {
  const few = await erase(0, FEW);
  const many = await erase(FEW, requests);
  console.table([few, many]);
  const ratio = (figure) => (many[figure] / few[figure]).toFixed(2);
  console.log(`ratio of ${requests} requests to ${FEW}: ${ratio("seconds")}; of CPU time: ${ratio("CPU seconds")}`);
} finally {
  await lethe.stop();
  await rm(folder, { recursive: true, force: true });
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
  const hour = path.join(lethe.landing, "date=2031-01-01", `hour=${from === 0 ? "00" : "01"}`);
  await mkdir(hour, { recursive: true });
  const step = Math.floor(customers / (requests + FEW));
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
