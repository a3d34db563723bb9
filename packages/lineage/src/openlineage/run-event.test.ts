import { type LoadingKind, RUN_KINDS, RUN_TRIGGERS } from "@lethe/contracts/runs";
import { createDatasets } from "@lethe/datasets/create-datasets";
import { openLineageEvent, STANDARDS_DIR } from "@lethe/test-kit/standard-schema";
import type { RunInput } from "@lethe/warehouse/ledger/run-inputs";
import type { RunTransition } from "@lethe/warehouse/ledger/run-transitions";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { attemptId } from "./attempt-id.js";
import { facet } from "./facet.js";
import { type LoadingRun, type RunEvent, type RunOutcome, runEvent } from "./run-event.js";

const datasets = createDatasets();
const errorsOf = openLineageEvent();
const SOURCE = { namespace: "lethe", version: "0.1.0" };
const RUN_ID = "0d9bd3c7-1f3c-4b8a-9f3e-4a2b1c0d9e8f";

const RUN: LoadingRun = {
  id: RUN_ID,
  job: "customers",
  kind: "files",
  trigger: "schedule",
  state: "succeeded",
  from: null,
  to: null,
  force: false,
  requestedAt: "2022-03-01T09:00:00.000Z",
  startedAt: "2022-03-01T09:00:01.000Z",
  finishedAt: "2022-03-01T09:00:02.000Z",
  files: { taken: 1, done: 1, alreadyLoaded: 0, quarantined: 0 },
  notTaken: 0,
  batches: { total: 1, done: 1, failed: 0 },
  records: { in: 5, loaded: 3, rejected: 2, rejectedByReason: { schema: 2 } },
  bytes: { files: 400, batches: 500 },
  durationsMs: { total: 1, extract: 1, transform: 1, load: 1, finish: 1 },
  warnings: [],
  error: null,
};

const FILE: RunInput = {
  fileId: 12,
  dataset: "customers",
  partition: { date: "2022-03-01", hour: 8 },
  bytes: 400,
  records: 5,
};

const OUTCOME: RunOutcome = {
  inputs: {
    files: [FILE],
    total: 1,
    bytes: 400,
    firstPartition: FILE.partition,
    lastPartition: { date: "2022-03-01", hour: 9 },
  },
  place: { server: "postgres://db.example:5432", database: "shop" },
  columnTypes: new Map([["warehouse.customers", { id: "text", date_of_birth: "date" }]]),
};

function transition(what: RunTransition["what"], more: Partial<RunTransition> = {}): RunTransition {
  return { runId: RUN_ID, attempt: 1, what, at: new Date("2022-03-01T09:00:02.500Z"), error: null, ...more };
}

/** Creates an event of customers, and requires that it fits the standard. */
function eventOf(
  what: RunTransition["what"],
  run: Partial<LoadingRun> = {},
  more: Partial<RunTransition> = {},
): RunEvent {
  const outcome = what === "started" ? undefined : OUTCOME;
  const event = runEvent(SOURCE, datasets.get("customers"), { ...RUN, ...run }, transition(what, more), outcome);
  expect(errorsOf(event)).toEqual([]);
  return event;
}

const tagsOf = (event: RunEvent) => event.run.facets.tags.tags.map(({ key, value }) => `${key} ${value}`);

describe("the check by the standard's schemas", () => {
  it("finds what is wrong with an event, and with a facet in it", () => {
    const event = eventOf("succeeded");
    expect(errorsOf({ ...event, eventType: "DONE" })).not.toEqual([]);
    expect(errorsOf({ ...event, run: { ...event.run, runId: "7" } })).not.toEqual([]);
    expect(errorsOf({ ...event, more: { ...facet("TagsRunFacet", {}), _schemaURL: "https://example.org/x" } })).toEqual(
      [expect.stringContaining("https://example.org/x")],
    );
    expect(errorsOf({ ...event, more: { ...facet("TagsRunFacet", {}), _producer: 1 } })).not.toEqual([]);
  });

  // The standard's own schemas are not part of this project: whoever has them names their folder.
  if (STANDARDS_DIR !== undefined) {
    it("finds what is wrong with the content of a facet", () => {
      const more = facet("NominalTimeRunFacet", { nominalStartTime: "yesterday" });
      expect(errorsOf({ ...eventOf("succeeded"), more })).not.toEqual([]);
    });
  }
});

describe("the event of a run's", () => {
  it("beginning names the job and the range that was asked for, and neither inputs nor outputs", () => {
    const event = eventOf("started", { from: "2022-03-01", to: "2022-03-02T05" });
    expect(event).toMatchObject({
      eventType: "START",
      eventTime: "2022-03-01T09:00:02.500Z",
      job: { namespace: "lethe", name: "customers" },
      run: {
        runId: RUN_ID,
        facets: {
          nominalTime: { nominalStartTime: "2022-03-01T00:00:00Z", nominalEndTime: "2022-03-02T06:00:00Z" },
          processing_engine: { name: "Lethe", version: "0.1.0" },
        },
      },
      inputs: [],
      outputs: [],
    });
    expect(tagsOf(event)).toEqual([`lethe_run ${RUN_ID}`, "attempt 1", "kind files", "trigger schedule"]);
    expect(eventOf("started").run.facets.nominalTime).toBeUndefined();
    expect(eventOf("started", { to: "2022-03-02" }).run.facets.nominalTime).toBeUndefined();
    expect(eventOf("started", { from: "9999-12-31", to: "9999-12-31" }).run.facets.nominalTime).toMatchObject({
      nominalStartTime: "9999-12-31T00:00:00Z",
    });
  });

  it("good end names files, tables and counts", () => {
    const event = eventOf("succeeded");
    expect(event.eventType).toBe("COMPLETE");
    expect(event.run.facets.nominalTime).toMatchObject({
      nominalStartTime: "2022-03-01T08:00:00Z",
      nominalEndTime: "2022-03-01T10:00:00Z",
    });
    expect(event.inputs).toMatchObject([
      {
        namespace: "lethe",
        name: "landing/customers",
        inputFacets: { inputStatistics: { rowCount: 5, size: 400, fileCount: 1 } },
      },
      {
        namespace: "lethe",
        name: "date=2022-03-01/hour=08/customers.12",
        inputFacets: { inputStatistics: { rowCount: 5, size: 400, fileCount: 1 } },
      },
    ]);
    expect(
      event.outputs.map(({ namespace, name, outputFacets }) => [
        namespace,
        name,
        outputFacets?.outputStatistics.rowCount,
      ]),
    ).toEqual([
      ["postgres://db.example:5432", "shop.warehouse.customers", 3],
      ["postgres://db.example:5432", "shop.warehouse.customers_history", undefined],
      ["lethe", "processed_data/customers", 3],
      ["postgres://db.example:5432", "shop.ledger.quarantine", 2],
    ]);
    expect(event.outputs[0]?.facets?.dataSource).toMatchObject({ uri: "postgres://db.example:5432/shop" });
    expect(event.outputs[0]?.facets?.schema?.fields).toContainEqual({
      name: "date_of_birth",
      type: "date",
      description: "personal data",
    });
  });

  it("end with warnings is a good one, and names them", () => {
    const event = eventOf("succeeded_with_warnings", {
      state: "succeeded_with_warnings",
      warnings: [{ code: "too_many_rejects", message: "2 of 5" }],
    });
    expect(event.eventType).toBe("COMPLETE");
    expect(tagsOf(event)).toContain("warning too_many_rejects");
  });

  it("failure says why; a cancelled one is aborted", () => {
    const error = { code: "batches_failed", message: "1 of its batches failed" };
    const failed = eventOf("failed", {}, { error });
    expect(failed.eventType).toBe("FAIL");
    expect(failed.run.facets.errorMessage).toMatchObject({ message: "batches_failed: 1 of its batches failed" });
    const aborted = eventOf("cancelled", {}, { error });
    expect(aborted.eventType).toBe("ABORT");
    expect(aborted.run.facets.errorMessage).toBeUndefined();
  });

  it("later attempt has an id of its own that stays the same", () => {
    const second = eventOf("started", {}, { attempt: 2 });
    expect(second.run.runId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(new Set([1, 2, 3, 4].map((attempt) => attemptId(RUN_ID, attempt))).size).toBe(4);
    expect(attemptId(RUN_ID, 2)).toBe(second.run.runId);
    expect(tagsOf(second)).toContain(`lethe_run ${RUN_ID}`);
  });

  it("replay names quarantine, and counts lines of files, not the files", () => {
    const event = eventOf("succeeded", { kind: "replay" });
    expect(event.job.name).toBe("customers.replay");
    expect(event.inputs.map(({ name, inputFacets }) => [name, inputFacets.inputStatistics.size])).toEqual([
      ["landing/customers", undefined],
      ["shop.ledger.quarantine", undefined],
      ["date=2022-03-01/hour=08/customers.12", undefined],
    ]);
  });

  it("end says how many files it does not name", () => {
    const many: RunOutcome = { ...OUTCOME, inputs: { ...OUTCOME.inputs, total: 351 } };
    const event = runEvent(SOURCE, datasets.get("customers"), RUN, transition("succeeded"), many);
    expect(errorsOf(event)).toEqual([]);
    expect(tagsOf(event)).toContain("inputs_left_out 350");
  });
});

describe("column lineage", () => {
  it.each(datasets.all)("leads each column that is about people to its field, as masked: $name", (dataset) => {
    const event = runEvent(SOURCE, dataset, { ...RUN, job: dataset.name }, transition("succeeded"), OUTCOME);
    expect(errorsOf(event)).toEqual([]);
    for (const table of dataset.tables.filter(({ adds }) => adds === undefined)) {
      const lineage = event.outputs.find(({ name }) => name === `shop.${table.name}`)?.facets?.columnLineage?.fields;
      for (const [name, column] of Object.entries(table.columns)) {
        const origin = lineage?.[name];
        if (column.kind !== "neither" && column.field !== undefined) {
          expect(origin?.transformationType).toBe("MASKED");
          expect(origin?.inputFields).toMatchObject([
            { name: `landing/${dataset.name}`, field: column.field, transformations: [{ masking: true }] },
          ]);
        } else {
          expect(origin?.inputFields.some(({ transformations }) => transformations[0]?.masking) ?? false).toBe(false);
        }
      }
    }
  });

  it("leads parts of a record to the field at its depth", () => {
    const dataset = datasets.get("transactions");
    const event = runEvent(SOURCE, dataset, { ...RUN, job: dataset.name }, transition("succeeded"), OUTCOME);
    const fieldOf = (table: string, column: string) =>
      event.outputs.find(({ name }) => name === `shop.warehouse.${table}`)?.facets?.columnLineage?.fields[column]
        ?.inputFields[0]?.field;
    expect(fieldOf("purchases", "sku")).toBe("purchases.products.sku");
    expect(fieldOf("delivery_addresses", "country_code")).toBe("delivery_address.country");
    expect(fieldOf("transactions", "transaction_key")).toBeUndefined();
  });
});

it("fits the standard whatever the run, and holds nothing but references, declarations and counts", () => {
  const marked = fc.constantFrom("jane@example.org", "Jane", "013000", "1 High St");
  const count = fc.nat();
  const partition = fc.record({
    date: fc.constantFrom("2022-03-01", "2024-02-29", "9999-12-31"),
    hour: fc.integer({ min: 0, max: 23 }),
  });
  const rangeEnd = fc.option(fc.constantFrom("2022-03-01", "2022-03-01T07", "9999-12-31T23", "0001-01-01"));
  fc.assert(
    fc.property(
      fc.record({
        dataset: fc.constantFrom(...datasets.all),
        kind: fc.constantFrom(...RUN_KINDS.filter((kind): kind is LoadingKind => kind !== "plan")),
        trigger: fc.constantFrom(...RUN_TRIGGERS),
        from: rangeEnd,
        to: rangeEnd,
        what: fc.constantFrom("started", "succeeded", "succeeded_with_warnings", "failed", "cancelled"),
        attempt: fc.integer({ min: 1, max: 9 }),
        partitions: fc.array(partition, { maxLength: 5 }),
        counts: fc.tuple(count, count, count),
        // What a run carries of its input, and must not come into an event: names of files, and reasons by what they quote.
        marked,
      }),
      ({ dataset, kind, trigger, from, to, what, attempt, partitions, counts, marked: value }) => {
        const [read, loaded, rejected] = counts;
        const files = partitions.map((at, i) => ({
          ...FILE,
          dataset: dataset.name,
          fileId: i + 1,
          partition: at,
          path: value,
        }));
        const run: LoadingRun = {
          ...RUN,
          ...{ job: dataset.name, kind, trigger, from, to },
          records: { in: read, loaded, rejected, rejectedByReason: { [value]: rejected } },
          error: { code: "unreadable", message: value },
          warnings: [{ code: "too_many_rejects", message: value }],
        };
        const outcome: RunOutcome = {
          ...OUTCOME,
          inputs: {
            files,
            total: files.length + rejected,
            bytes: read,
            firstPartition: partitions[0] ?? null,
            lastPartition: partitions.at(-1) ?? null,
          },
        };
        const event = runEvent(
          SOURCE,
          dataset,
          run,
          transition(what as RunTransition["what"], { attempt }),
          what === "started" ? undefined : outcome,
        );
        expect(errorsOf(event)).toEqual([]);
        expect(JSON.stringify(event)).not.toContain(value);
      },
    ),
    { numRuns: 300 },
  );
});
