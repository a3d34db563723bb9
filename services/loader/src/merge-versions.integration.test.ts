import { Readable } from "node:stream";
import type { RecordPlace } from "@lethe/datasets/dataset";
import { copyIn } from "@lethe/warehouse/copy-in";
import { inTransaction } from "@lethe/warehouse/pool";
import fc from "fast-check";
import { describe, expect } from "vitest";
import { addFile, addRun } from "../../../packages/warehouse/test/ledger-rows.js";
import { it } from "../test/loader-fixture.js";
import type { LoaderContext } from "./context.js";
import { createStage } from "./create-stage.js";
import { findMergeRejects } from "./merge-rejects.js";

/** A record with the place that it came from: the partition's hour, which says the file too, and the line. */
interface Arrival {
  readonly partition: string;
  readonly fileId: number;
  readonly line: number;
  readonly record: object;
}

/** Merges arrivals as one batch; returns the ordinals of the duplicates. */
async function load({ pool, datasets, ring }: LoaderContext, name: string, arrivals: readonly Arrival[]) {
  const dataset = datasets.get(name);
  const rows: string[] = [];
  const sinks = [{ append: (text: string) => void rows.push(text) }];
  for (const [ordinal, { partition, fileId, line, record }] of arrivals.entries()) {
    const place: RecordPlace = { ordinal, fileId, line, partitionStart: partition, masked: false };
    const accepted = dataset.accept(record, place, sinks, ring.current);
    if ("rejection" in accepted) throw new Error(accepted.rejection.message);
  }
  return inTransaction(pool, async (client) => {
    await createStage(client, dataset);
    await client.query("select set_config('lethe.part', '0', true)");
    const [table] = dataset.stagingTables;
    if (table === undefined) throw new Error("there is no staging table");
    const columns = table.columns.map(([column]) => column);
    await copyIn(client, table.name, columns, Readable.from([Buffer.from(rows.join(""))]));
    const rejects = await findMergeRejects(client, dataset);
    for (const statement of dataset.merge.apply) await client.query(statement);
    return rejects.map(({ ordinal }) => ordinal);
  });
}

interface Version {
  readonly text: string;
  readonly from: Date;
  readonly to: Date | null;
  readonly isCurrent: boolean;
}

/** Returns the versions of a product or customer, oldest first: price or city, and when each held. */
async function versionsOf({ pool }: LoaderContext, table: "products" | "customers", key: number | string) {
  const [id, text] = table === "products" ? ["sku", "price::text"] : ["id", "city"];
  const { rows } = await pool.query<Version>(
    `select ${text} as text, valid_from as from, valid_to as to, false as "isCurrent", first_seen, version_id
     from warehouse.${table}_history where ${id} = $1
     union all
     select ${text}, valid_from, null, true, first_seen, null from warehouse.${table} where ${id} = $1
     order by "isCurrent", first_seen, version_id`,
    [key],
  );
  return rows.map(({ text: shown, from, to, isCurrent }): Version => ({ text: shown, from, to, isCurrent }));
}

const product = (sku: number, price: string) => ({ sku, name: "P", price, category: "misc", popularity: 0.5 });
const customer = (id: string, city: string, last_change: string | null) => ({
  id,
  first_name: "Ada",
  last_name: "Test",
  email: `c${id}@example.org`,
  city,
  last_change,
});
const day = (n: number) => `2021-01-${String(n).padStart(2, "0")}T00:00:00Z`;

async function addFiles({ pool }: LoaderContext, dataset: string, count: number): Promise<number[]> {
  const runId = await addRun(pool, { job: dataset });
  const ids: number[] = [];
  for (let i = 0; i < count; i++) ids.push(await addFile(pool, runId, { dataset }));
  return ids;
}

describe("the merge of versions", () => {
  it("takes 10, 12, 10 for three versions, in one file and across partitions", async ({ context }) => {
    const [file = 0] = await addFiles(context, "products", 1);
    const prices = ["10.00", "12.00", "10.00", "10.00"];
    const inOne = prices.map((price, i) => ({
      partition: day(1),
      fileId: file,
      line: i + 1,
      record: product(1, price),
    }));
    expect(await load(context, "products", inOne)).toEqual([3]);
    for (const [i, price] of prices.entries()) {
      const arrival = { partition: day(i + 1), fileId: file, line: 1, record: product(2, price) };
      expect(await load(context, "products", [arrival])).toEqual(i === 3 ? [0] : []);
    }
    expect((await versionsOf(context, "products", 1)).map(({ text }) => text)).toEqual(["10.00", "12.00", "10.00"]);
    expect(await versionsOf(context, "products", 2)).toEqual([
      { text: "10.00", from: new Date(day(1)), to: new Date(day(2)), isCurrent: false },
      { text: "12.00", from: new Date(day(2)), to: new Date(day(3)), isCurrent: false },
      { text: "10.00", from: new Date(day(3)), to: null, isCurrent: true },
    ]);
  });

  it("splits a version that another one comes into the middle of, and knows the same record again", async ({
    context,
  }) => {
    const [file = 0] = await addFiles(context, "products", 1);
    const at = (n: number, price: string): Arrival => ({
      partition: day(n),
      fileId: file,
      line: 1,
      record: product(3, price),
    });
    expect(await load(context, "products", [at(3, "10.00")])).toEqual([]);
    expect(await load(context, "products", [at(1, "10.00")])).toEqual([0]);
    expect(await load(context, "products", [at(2, "12.00")])).toEqual([]);
    const split = [
      { text: "10.00", from: new Date(day(1)), to: new Date(day(2)), isCurrent: false },
      { text: "12.00", from: new Date(day(2)), to: new Date(day(3)), isCurrent: false },
      { text: "10.00", from: new Date(day(3)), to: null, isCurrent: true },
    ];
    expect(await versionsOf(context, "products", 3)).toEqual(split);
    expect(await load(context, "products", [at(2, "12.00"), at(1, "10.00"), at(3, "10.00")])).toEqual([0, 1, 2]);
    expect(await versionsOf(context, "products", 3)).toEqual(split);
  });

  it("has the same current version in any order of arrival, and neighbours that differ", async ({ context }) => {
    const files = await addFiles(context, "products", 6);
    let sku = 100;
    const arrival = fc.record({
      hour: fc.nat(5),
      line: fc.integer({ min: 1, max: 4 }),
      price: fc.constantFrom("10.00", "10.0", "12.00", "14.00"),
    });
    const scenario = fc
      .uniqueArray(arrival, { minLength: 1, maxLength: 9, selector: ({ hour, line }) => `${hour} ${line}` })
      .chain((set) =>
        fc.record({
          set: fc.shuffledSubarray(set, { minLength: set.length, maxLength: set.length }),
          cuts: fc.array(fc.boolean(), { minLength: set.length, maxLength: set.length }),
        }),
      );
    await fc.assert(
      fc.asyncProperty(scenario, async ({ set, cuts }) => {
        sku += 1;
        const arrivals = set.map(
          ({ hour, line, price }): Arrival => ({
            partition: day(hour + 1),
            fileId: files[hour] ?? 0,
            line,
            record: product(sku, price),
          }),
        );
        for (const batch of inBatches(arrivals, cuts)) await load(context, "products", batch);
        const runs = runsOf(
          [...set].sort((a, b) => a.hour - b.hour || a.line - b.line).map(({ price }) => Number(price)),
        );
        const versions = await versionsOf(context, "products", sku);
        expectHistory(versions);
        expect(Number(versions.at(-1)?.text)).toBe(runs.at(-1));
        if (!cuts.slice(1).some(Boolean)) expect(versions.map(({ text }) => Number(text))).toEqual(runs);
      }),
      { numRuns: 120 },
    );
  });

  it("orders customers by a last change that can be true, and by the partition where it cannot", async ({
    context,
  }) => {
    const files = await addFiles(context, "customers", 6);
    let number = 500_000;
    const arrival = fc.record({
      hour: fc.nat(5),
      line: fc.integer({ min: 1, max: 3 }),
      city: fc.constantFrom("Bath", "York"),
      last_change: fc.constantFrom(null, "2020-12-31", "2021-01-02", "2021-01-04", "2021-01-07", "9999-12-31"),
    });
    const scenario = fc
      .uniqueArray(arrival, { minLength: 1, maxLength: 8, selector: ({ hour, line }) => `${hour} ${line}` })
      .chain((set) =>
        fc.record({
          set: fc.constant(set),
          cuts: fc.array(fc.boolean(), { minLength: set.length, maxLength: set.length }),
        }),
      );
    const changeOf = ({ hour, last_change }: { hour: number; last_change: string | null }) =>
      last_change !== null && last_change > day(hour + 2).slice(0, 10)
        ? day(hour + 1).slice(0, 10)
        : (last_change ?? "");
    await fc.assert(
      fc.asyncProperty(scenario, async ({ set, cuts }) => {
        number += 1;
        const id = String(number);
        const arrivals = set.map(
          ({ hour, line, city, last_change }): Arrival => ({
            partition: day(hour + 1),
            fileId: files[hour] ?? 0,
            line,
            record: customer(id, city, last_change),
          }),
        );
        for (const batch of inBatches(arrivals, cuts)) await load(context, "customers", batch);
        const newest = [...set].sort((a, b) => {
          const [x, y] = [changeOf(a), changeOf(b)];
          return x === y ? a.hour - b.hour || a.line - b.line : x < y ? -1 : 1;
        });
        const versions = await versionsOf(context, "customers", id);
        expect(versions.at(-1)).toMatchObject({ text: newest.at(-1)?.city, isCurrent: true });
        expect(versions.filter(({ isCurrent }) => isCurrent)).toHaveLength(1);
      }),
      { numRuns: 80 },
    );
  });

  it("does not believe a partition in the future, whenever it comes", async ({ context }) => {
    const [file = 0, later = 0] = await addFiles(context, "products", 2);
    const future: Arrival = { partition: "2099-01-01T00:00:00Z", fileId: file, line: 1, record: product(5, "1.00") };
    const past: Arrival = { partition: day(1), fileId: later, line: 1, record: product(5, "2.00") };
    const current = async () => (await versionsOf(context, "products", 5)).at(-1)?.text;
    await load(context, "products", [future]);
    expect(await current()).toBe("1.00");
    await load(context, "products", [past]);
    expect(await current()).toBe("2.00");
    await load(context, "products", [{ ...future, line: 2, record: product(5, "3.00") }]);
    expect(await current()).toBe("2.00");
    expect(await versionsOf(context, "products", 5)).toHaveLength(3);
  });

  it("orders rows from before their ages were kept by what they hold", async ({ context, pool }) => {
    const [file = 0] = await addFiles(context, "products", 1);
    await load(context, "products", [
      { partition: day(2), fileId: file, line: 1, record: product(6, "10.00") },
      { partition: day(4), fileId: file, line: 1, record: product(6, "12.00") },
    ]);
    await pool.query("update warehouse.products set first_seen = null, last_seen = null");
    await pool.query("update warehouse.products_history set first_seen = null, last_seen = null");
    await load(context, "products", [{ partition: day(3), fileId: file, line: 1, record: product(6, "11.00") }]);
    await load(context, "products", [{ partition: day(5), fileId: file, line: 1, record: product(6, "10.00") }]);
    const { rows } = await pool.query(
      "select price::text, valid_from, valid_to from warehouse.products_history where sku = 6 order by valid_from",
    );
    expect(rows).toEqual([
      { price: "10.00", valid_from: new Date(day(2)), valid_to: new Date(day(3)) },
      { price: "11.00", valid_from: new Date(day(3)), valid_to: new Date(day(4)) },
      { price: "12.00", valid_from: new Date(day(4)), valid_to: new Date(day(5)) },
    ]);
    expect((await versionsOf(context, "products", 6)).at(-1)).toMatchObject({ isCurrent: true });
  });
});

/** Cuts a list before each item of which `cuts` says so. */
function inBatches<T>(items: readonly T[], cuts: readonly boolean[]): T[][] {
  const batches: T[][] = [];
  for (const [i, item] of items.entries()) {
    if (i === 0 || cuts[i] === true) batches.push([]);
    batches.at(-1)?.push(item);
  }
  return batches;
}

/** Leaves of equal neighbours one. */
function runsOf(prices: readonly number[]): number[] {
  return prices.filter((price, i) => i === 0 || price !== prices[i - 1]);
}

function expectHistory(versions: readonly Version[]): void {
  for (const [i, version] of versions.entries()) {
    const next = versions[i + 1];
    expect(version.isCurrent).toBe(next === undefined);
    if (next === undefined) continue;
    expect(version.to).toEqual(next.from);
    expect(version.from.getTime()).toBeLessThanOrEqual(next.from.getTime());
    expect(Number(version.text)).not.toBe(Number(next.text));
  }
}
