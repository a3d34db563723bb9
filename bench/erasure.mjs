// Erases people among few and among ten times as many files, and compares the time per person. The people have as many
// records in both: only the files around them grow in number. Every figure is the run's own, from the ledger.
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { generateDataset } from "@lethe/sample-data/generate";
import { startLethe } from "./lethe-installation.mjs";

const PEOPLE = 20;
const CUSTOMERS = 4_000;
const TRANSACTIONS = 20_000;
/** Customers and transactions come by the hour, so a day has 48 files. */
const FILES_PER_DAY = 48;
const ROUNDS = 3;

const few = await measure(1_000);
const many = await measure(10_000);
console.table(
  [few, many].map(({ rounds, ...figures }) => ({ ...figures, "rounds (ms per person)": rounds.join(" ") })),
);
console.log(
  `ratio of time per person, ${many.files} to ${few.files} files: ${(many.msPerPerson / few.msPerPerson).toFixed(2)}`,
);

async function measure(files) {
  const folder = await mkdtemp(path.join(tmpdir(), "lethe-bench-"));
  const input = path.join(folder, "input");
  const days = Math.round(files / FILES_PER_DAY);
  const options = { out: input, days, customers: CUSTOMERS, transactions: TRANSACTIONS, seed: 1, defectRate: 0 };
  await generateDataset({ ...options, erasureRequests: 0 });
  const lethe = await startLethe({ folder: path.join(folder, "data"), input });
  try {
    const people = await somePeople(input);
    const rounds = [];
    for (let round = 0; round < ROUNDS; round++) {
      const asked = people.slice(round * PEOPLE, (round + 1) * PEOPLE);
      rounds.push(Math.round((await erase(lethe, asked)) / PEOPLE));
    }
    const msPerPerson = [...rounds].sort((a, b) => a - b)[Math.floor(ROUNDS / 2)];
    return { files: await countFiles(lethe.folder), people: PEOPLE, msPerPerson, rounds };
  } finally {
    await lethe.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Hands the requests in as one file and follows the run to its end. Returns its duration in milliseconds. */
async function erase(lethe, people) {
  const hour = path.join(lethe.landing, "date=2031-01-01", "hour=00");
  await mkdir(hour, { recursive: true });
  const lines = people.map(({ id, email }) => `${JSON.stringify({ "customer-id": id, email })}\n`);
  await writeFile(path.join(hour, "erasure-requests.json"), lines.join(""));
  const { run } = await lethe.run("erasure-requests");
  if (run.records.loaded !== people.length) throw new Error(`${run.records.loaded} of ${people.length} were erased`);
  return run.durationsMs.total;
}

/** Returns customers from all over the input, in a fixed order. */
async function somePeople(input) {
  const files = (await readdir(input, { recursive: true })).filter((name) => name.endsWith("customers.json.gz")).sort();
  const people = [];
  for (const file of files) {
    const text = gunzipSync(await readFile(path.join(input, file))).toString();
    for (const line of text.split("\n")) if (line !== "") people.push(JSON.parse(line));
  }
  const step = Math.floor(people.length / (PEOPLE * ROUNDS));
  return Array.from({ length: PEOPLE * ROUNDS }, (_, i) => people[i * step]);
}

async function countFiles(data) {
  const names = await readdir(path.join(data, "archived_data"), { recursive: true });
  return names.filter((name) => name.includes(".json")).length;
}
