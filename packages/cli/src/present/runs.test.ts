import { printable } from "@lethe/contracts/printable";
import { NOTICE_CODES } from "@lethe/contracts/runs";
import { describe, expect, it } from "vitest";
import { sampleRun } from "../../test/sample-run.js";
import { formatNotices, formatProgress, formatRuns, formatSchemaChanges, nameRun, withoutDetails } from "./runs.js";

describe("formatRuns", () => {
  it("gives a row of counts for each run, and the reasons of rejects", () => {
    const text = formatRuns([sampleRun()]);
    expect(text).toMatch(/^transactions +succeeded +1 +0 +0 +10 +7 +3 +1\.2 s$/m);
    expect(text).toContain("transactions: rejected unknown_customer 2, unknown_sku 1");
  });

  it("says that nothing is new when every file was loaded before, and when there is none", () => {
    const nothing = { records: { in: 0, loaded: 0, rejected: 0, rejectedByReason: {} } };
    const known = sampleRun({ ...nothing, files: { taken: 0, done: 0, alreadyLoaded: 1_608, quarantined: 0 } });
    const none = sampleRun({ ...nothing, files: { taken: 0, done: 0, alreadyLoaded: 0, quarantined: 0 } });
    expect(formatRuns([known])).toContain("transactions: nothing new: all 1,608 files were loaded before");
    expect(formatRuns([none])).toContain("transactions: no files found");
  });

  it("says of a failed run why, each kind of failure once, and how to retry it", () => {
    const failure = { batchId: "b", code: "staged_object_damaged", message: "it is missing" };
    const text = formatRuns([
      sampleRun({
        state: "failed",
        error: { code: "batches_failed", message: "2 of its batches failed" },
        failures: [failure, { ...failure, batchId: "c" }],
      }),
    ]);
    expect(text).toContain("failed: 2 of its batches failed (batches_failed)");
    expect(text.match(/a batch failed: it is missing \(staged_object_damaged\)/g)).toHaveLength(1);
    expect(text).toContain(`lethe runs retry ${sampleRun().id}`);
  });
});

describe("a run whose records have reached a threshold", () => {
  const finding = { code: "too_many_rejects", message: "9 of 10 records (90 %) were rejected." };

  it("is shown with its warning", () => {
    const text = formatRuns([sampleRun({ state: "succeeded_with_warnings", warnings: [finding] })]);
    expect(text).toMatch(/^transactions +succeeded_with_warnings /m);
    expect(text).toContain(`warning: ${finding.message} (too_many_rejects)`);
  });

  it("is not offered for a retry, which would change nothing", () => {
    const text = formatRuns([sampleRun({ state: "failed", error: finding })]);
    expect(text).toContain(`failed: ${finding.message} (too_many_rejects)`);
    expect(text).not.toContain("retry");
  });
});

describe("formatSchemaChanges", () => {
  const change = { change: "missing", field: "/segment", records: 1, firstFile: "a\u001b.json", firstLine: 3 } as const;

  it("says nothing where nothing has changed, and stands in the text on runs where something has", () => {
    expect(formatSchemaChanges([{ run: "customers", schemaChanges: [] }])).toBe("");
    expect(formatRuns([sampleRun()])).not.toContain("contract");
    const text = formatRuns([sampleRun({ schemaChanges: [change, { ...change, change: "new", records: 1_200 }] })]);
    expect(text).toContain(
      [
        "fields that differ from the contract",
        "  transactions: missing /segment in 1 record, first a\\x1b.json:3",
        "  transactions: new /segment in 1,200 records, first a\\x1b.json:3",
      ].join("\n"),
    );
  });
});

describe("formatNotices", () => {
  const notice = (path: string) => ({ code: "empty_file", path, message: "The file holds no record." });

  it("groups files by what was noticed, each once however many runs noticed it", () => {
    const text = formatNotices([
      notice("a.json"),
      { code: "path_refused", path: "date=2020-13-45", message: NOTICE_CODES.path_refused },
      notice("a.json"),
      notice("b.json"),
    ]);
    expect(text.split("\n")).toEqual([
      "The file holds no record. (empty_file, 2)",
      "  a.json",
      "  b.json",
      "A symbolic link or a path outside the folder is not followed. (path_refused, 1)",
      "  date=2020-13-45",
    ]);
  });

  it("shows a notice's detail, and names ten files and how many more there are", () => {
    const text = formatNotices([
      { ...notice("a.json"), message: "The file holds no record. It has 3 blank lines." },
      ...Array.from({ length: 11 }, (_, index) => notice(`${index}.json`)),
    ]);
    expect(text).toContain("a.json: It has 3 blank lines.");
    expect(text).toMatch(/ {2}and 2 more: lethe notices$/);
  });
});

it("names all that was not taken, and says how to list it", () => {
  const notices = Array.from({ length: 300 }, (_, i) => ({ code: "file_unknown", path: `${i}.txt`, message: "" }));
  const run = sampleRun({ notTaken: 300, notices });
  const text = formatRuns([run]);
  expect(text).toContain(`transactions: 300 entries of landing were not taken; all of them: lethe notices ${run.id}`);
  for (const { path } of notices) expect(text).toContain(`\n  ${path}`);
});

it("keeps control characters of a file's name from the terminal", () => {
  expect(printable("a\u001b[2Jb\n.json")).toBe("a\\x1b[2Jb\\x0a.json");
  expect(printable("naïve–Ω.json")).toBe("naïve–Ω.json");
});

it("tells how far a run is", () => {
  const run = sampleRun({ state: "processing", batches: { total: 12, done: 3, failed: 0 } });
  expect(formatProgress(run)).toBe("transactions: processing, 3 of 12 batches, 10 records");
});

it("names replays and scheduled runs as such", () => {
  expect(nameRun(sampleRun({ kind: "replay" }))).toBe("transactions (replay)");
  expect(nameRun(sampleRun({ trigger: "schedule" }))).toBe("transactions (scheduled)");
});

it("prints a run without notices and failures as JSON", () => {
  expect(Object.keys(withoutDetails(sampleRun()))).not.toContain("notices");
  expect(withoutDetails(sampleRun()).records.in).toBe(10);
});
