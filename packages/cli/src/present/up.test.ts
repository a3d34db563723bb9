import { expect, it } from "vitest";
import { sampleRun } from "../../test/sample-run.js";
import { formatPlaces, withoutEmptyRuns } from "./up.js";

const PLACES = {
  address: "http://127.0.0.1:8080",
  needsToken: false,
  database: { url: "postgres://lethe:secret@127.0.0.1:20123/lethe", passwordFile: "/my data/pgpass" },
  logs: ["/my data/logs", "/my data/stack"],
  landing: "/my data/landing",
  dataDirectory: undefined,
};

it("prints the console's address first, then how to reach the database without its password, and the logs", () => {
  const text = formatPlaces(PLACES);
  expect(text.split("\n")[0]).toBe("Open the console  http://127.0.0.1:8080/");
  expect(text).toContain("PGPASSFILE='/my data/pgpass' psql -h 127.0.0.1 -p 20123 -U lethe lethe");
  expect(text).not.toContain("secret");
  expect(text).toContain("/my data/logs/, /my data/stack/");
  expect(text).not.toContain("token");
});

it("names a DATA_DIR that was given in each command, since another terminal does not know it", () => {
  expect(formatPlaces(PLACES)).not.toContain("DATA_DIR");
  const lines = formatPlaces({ ...PLACES, dataDirectory: "/my data/it's" }).split("\n");
  const commands = lines.filter((line) => line.includes("npx lethe"));
  expect(commands).toHaveLength(5);
  for (const command of commands) expect(command).toContain(`DATA_DIR='/my data/it'\\''s' npx lethe `);
});

it("fits into 60 columns but for the line that is to be copied", () => {
  const wide = formatPlaces({ ...PLACES, needsToken: true })
    .split("\n")
    .filter((line) => line.length > 60 && !line.includes("PGPASSFILE"));
  expect(wide).toEqual([]);
});

it("shows psql's line only of a database that it has started", () => {
  expect(formatPlaces({ ...PLACES, database: undefined })).not.toContain("PGPASSFILE");
});

it("leaves out an empty run of a job that has had a real one, and the earlier of two empty ones", () => {
  const files = (taken: number) => ({ taken, alreadyLoaded: 9, quarantined: 0, done: taken });
  const records = (taken: number) => ({ in: taken, loaded: taken, rejected: 0, rejectedByReason: {} });
  const run = (job: "customers" | "products", id: string, taken: number) =>
    sampleRun({ id, job, files: files(taken), records: records(taken) });
  const empty = run("customers", "1", 0);
  const real = run("customers", "2", 9);
  expect(withoutEmptyRuns([empty, real])).toEqual([real]);
  expect(withoutEmptyRuns([real, empty])).toEqual([real]);
  const later = run("customers", "3", 0);
  const other = run("products", "4", 0);
  expect(withoutEmptyRuns([empty, other, later])).toEqual([other, later]);
  const failed = { ...empty, state: "failed" as const };
  expect(withoutEmptyRuns([failed, real])).toEqual([failed, real]);
});
