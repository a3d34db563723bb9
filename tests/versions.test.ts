import { landRecords } from "@lethe/test-kit/landing";
import { customer, product } from "@lethe/test-kit/records";
import { succeed } from "@lethe/test-kit/runs";
import { readRows } from "@lethe/test-kit/warehouse-rows";
import { openWorld, type World } from "@lethe/test-kit/world";
import { afterAll, beforeAll, expect, it } from "vitest";

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

/** Every order in which three versions can come. */
const ORDERS = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
] as const;

interface Version {
  readonly name: string;
  readonly partition: string;
  readonly last_change: string | null;
}

/**
 * Kinds of three versions each, oldest first by the rule: the newest `last_change` wins (none is oldest), else the
 * newest partition.
 */
const KINDS: readonly (readonly [Version, Version, Version])[] = [
  [version("a", 3, "2020-01-01"), version("b", 2, "2020-02-01"), version("c", 1, "2020-03-01")],
  [version("a", 1, "2020-01-01"), version("b", 2, "2020-01-01"), version("c", 3, "2020-01-01")],
  [version("a", 3, null), version("b", 1, "2020-01-01"), version("c", 2, "2020-01-01")],
  [version("a", 1, null), version("b", 2, null), version("c", 3, null)],
];

function version(name: string, hour: number, last_change: string | null): Version {
  return { name, partition: `date=2022-05-01/hour=0${hour}`, last_change };
}

/** The instant that a version holds from: its change, else the hour that it came in. */
function validFrom({ last_change, partition }: Version): string {
  return last_change === null
    ? `${partition.slice(5, 15)}T${partition.slice(-2)}:00:00+00:00`
    : `${last_change}T00:00:00+00:00`;
}

it("brings three versions of a customer into the same history, whatever order they come in", async () => {
  const people = KINDS.flatMap((kind, k) => ORDERS.map((order, o) => ({ kind, order, id: `0${k}000${o}` })));
  for (const step of [0, 1, 2] as const) {
    await landByPartition(
      "customers",
      people.map(({ kind, order, id }) => {
        const { name, partition, last_change } = kind[order[step]];
        return { partition, record: customer({ id, first_name: name, last_change }) };
      }),
    );
    await succeed(world, "customers");
  }
  const current = await readRows(world.pool, "customers");
  const history = await readRows(world.pool, "customers_history");
  expect(current).toHaveLength(people.length);
  for (const { kind, id, order } of people) {
    const [oldest, middle, newest] = kind;
    const about = `${id} in the order ${order.join(" ")}`;
    expect(
      current.find((row) => row.id === id),
      about,
    ).toMatchObject({
      first_name: newest.name,
      last_change: newest.last_change,
      valid_from: validFrom(newest),
    });
    const superseded = history
      .filter((row) => row.id === id)
      .sort((a, b) => (String(a.first_name) < String(b.first_name) ? -1 : 1));
    expect(superseded, about).toMatchObject([
      { first_name: oldest.name, valid_from: validFrom(oldest), valid_to: validFrom(middle) },
      { first_name: middle.name, valid_from: validFrom(middle), valid_to: validFrom(newest) },
    ]);
    expect(superseded, about).toHaveLength(2);
  }
});

it("brings three versions of a product into the same history, whatever order they come in", async () => {
  const versions = KINDS[1] ?? [];
  for (const step of [0, 1, 2] as const) {
    await landByPartition(
      "products",
      ORDERS.map((order, o) => {
        const { name, partition } = KINDS[1]?.[order[step]] ?? version("", 0, null);
        return { partition, record: product({ sku: 500 + o, name }) };
      }),
    );
    await succeed(world, "products");
  }
  const [a, b, c] = versions.map((each) => validFrom({ ...each, last_change: null }));
  const current = await readRows(world.pool, "products");
  expect(current.map(({ sku, name, valid_from }) => ({ sku, name, valid_from }))).toEqual(
    ORDERS.map((_, o) => ({ sku: 500 + o, name: "c", valid_from: c })),
  );
  const history = await readRows(world.pool, "products_history");
  expect(history.map(({ sku, name, valid_from, valid_to }) => ({ sku, name, valid_from, valid_to }))).toEqual(
    ORDERS.flatMap((_, o) => [
      { sku: 500 + o, name: "a", valid_from: a, valid_to: b },
      { sku: 500 + o, name: "b", valid_from: b, valid_to: c },
    ]),
  );
});

it("takes three versions that come in one file, and a known one no second time", async () => {
  const versions = ["2020-01-01", "2020-03-01", "2020-02-01"].map((last_change, i) =>
    customer({ id: "900000", first_name: `v${i}`, last_change }),
  );
  await landRecords(world, "date=2022-06-01/hour=00/customers.json", versions);
  await landRecords(world, "date=2022-06-01/hour=01/customers.json", [...versions].reverse());
  const [run] = await succeed(world, "customers");
  expect(run?.records).toMatchObject({ in: 6, loaded: 3, rejectedByReason: { duplicate: 3 } });
  const rows = await readRows(world.pool, "customers");
  expect(rows.find((row) => row.id === "900000")).toMatchObject({ first_name: "v1" });
  const history = (await readRows(world.pool, "customers_history")).filter((row) => row.id === "900000");
  expect(history.map((row) => [row.first_name, row.valid_to])).toEqual([
    ["v0", "2020-02-01T00:00:00+00:00"],
    ["v2", "2020-03-01T00:00:00+00:00"],
  ]);
});

async function landByPartition(
  dataset: string,
  placed: readonly { readonly partition: string; readonly record: unknown }[],
): Promise<void> {
  for (const partition of new Set(placed.map((each) => each.partition))) {
    const records = placed.filter((each) => each.partition === partition).map(({ record }) => record);
    await landRecords(world, `${partition}/${dataset}.json`, records);
  }
}
