import { closeAlert, openAlert } from "@lethe/warehouse/quality/alerts";
import { writeResults } from "@lethe/warehouse/quality/check-results";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CliWorld, createCliWorld } from "../../test/cli-fixture.js";

const NOW = new Date("2026-03-01T10:00:00Z");

let world: CliWorld;
let ids: string[];
beforeAll(async () => {
  world = await createCliWorld();
  const hours = [4, 5].map((hour) => ({ date: "2026-03-01", hour }));
  const results = hours.flatMap((partition) => [
    {
      ...({ partition, check: "rowCount", metric: "rowCount", property: null, unit: "rows" } as const),
      ...{
        condition: "must be between 90 and 110",
        ...{ least: 90, most: 110 },
        learnt: true,
        value: partition.hour * 20,
        passed: partition.hour === 5,
      },
    },
    {
      ...({ partition, check: "email.nullValues", metric: "nullValues", property: "email", unit: "percent" } as const),
      ...{ condition: "must be less than 5", least: null, most: 5, learnt: false, value: 0.5, passed: true },
    },
  ]);
  await writeResults(world.pool, "customers", hours, results, NOW);
  const alert = { dataset: "customers", message: "Too few rows came.", partition: "2026-03-01T04" } as const;
  const minutes = (n: number) => new Date(NOW.getTime() + n * 60_000);
  ids = [
    await openAlert(world.pool, { ...alert, kind: "quality", cause: "rowCount" }, NOW),
    await openAlert(world.pool, { ...alert, kind: "run", cause: "run too_many_rejects", partition: null }, minutes(1)),
    await openAlert(world.pool, { ...alert, dataset: "products", kind: "freshness", cause: "freshness" }, minutes(2)),
  ];
  await closeAlert(world.pool, ids[2] ?? "", "recovered", minutes(3));
});
afterAll(() => world.end());

describe("lethe checks", () => {
  it("shows the results, newest first, with what was learnt", async () => {
    const { code, out } = await world.lethe(["checks"]);
    expect(code).toBe(0);
    const [, ...lines] = out.join("\n").split("\n");
    expect(lines.filter((line) => line.includes("2026"))).toHaveLength(4);
    expect(out.join("\n")).toMatch(
      /^customers +2026-03-01T04 +rowCount +failed +80 +rows +must be between 90 and 110 \(learnt\)$/m,
    );
  });

  it.each([
    [["--outcome", "failed"], ["2026-03-01T04 rowCount"]],
    [["--metric", "nullValues", "--limit", "1"], ["2026-03-01T05 email.nullValues"]],
    [["--dataset", "products"], []],
  ])("with %j gives those alone", async (options, expected) => {
    const { code, out } = await world.lethe(["checks", "--json", ...options]);
    expect(code).toBe(0);
    const results = out.map((line) => JSON.parse(line));
    expect(results.map(({ partition, check }) => `${partition} ${check}`)).toEqual(expected);
  });

  it("goes on page by page, and says that there is more", async () => {
    const first = await world.lethe(["checks", "--json", "--limit", "3"]);
    expect(first.out).toHaveLength(3);
    const before = /--before (\d+)/.exec(first.err.join("\n"))?.[1] ?? "";
    const rest = await world.lethe(["checks", "--json", "--limit", "3", "--before", before]);
    expect(rest.out).toHaveLength(1);
    expect(rest.err).toEqual([]);
  });

  it("says that there is none, in words, and prints titles alone as CSV", async () => {
    expect((await world.lethe(["checks", "--dataset", "products"])).out).toEqual(["no result of a check"]);
    const { out } = await world.lethe(["checks", "--csv", "--outcome", "failed"]);
    expect(out.join("\n")).toMatch(
      /^id,dataset,partition,check,outcome,.*\r?\n\d+,customers,2026-03-01T04,rowCount,failed,80,rows,/,
    );
  });

  it.each([
    [["--outcome", "maybe"]],
    [["--metric", "speed"]],
    [["--limit", "0"]],
    [["--json", "--csv"]],
    [["--dataset", "nothing"]],
    [["--before", "-1"]],
  ])("refuses %j", async (options) => {
    expect((await world.lethe(["checks", ...options])).code).toBe(2);
  });
});

describe("lethe alerts", () => {
  it("shows those that are open, newest first, with message and id", async () => {
    const { code, out } = await world.lethe(["alerts"]);
    expect(code).toBe(0);
    expect(out.join("\n").split("\n")).toEqual([
      "2026-03-01T10:01:00.000Z customers run (open)",
      "  Too few rows came.",
      `  ${ids[1]}`,
      "2026-03-01T10:00:00.000Z customers quality (open)",
      "  Too few rows came.",
      `  ${ids[0]}`,
    ]);
  });

  it.each([
    [["--all"], [2, 1, 0]],
    [["--kind", "run"], [1]],
    [["--all", "--dataset", "products"], [2]],
    [["--dataset", "products"], []],
    [["--all", "--limit", "1"], [2]],
  ])("with %j gives those alone", async (options, expected) => {
    const { code, out } = await world.lethe(["alerts", "--json", ...options]);
    expect(code).toBe(0);
    expect(out.map((line) => JSON.parse(line).id)).toEqual(expected.map((n) => ids[n]));
  });

  it("goes on behind one, refuses one that it has never shown, and says that none is open", async () => {
    const { out } = await world.lethe(["alerts", "--json", "--before", ids[1] ?? ""]);
    expect(out.map((line) => JSON.parse(line).id)).toEqual([ids[0]]);
    for (const before of ["00000000-0000-4000-8000-000000000000", "yesterday"]) {
      expect((await world.lethe(["alerts", "--before", before])).code, before).toBe(2);
    }
    expect((await world.lethe(["alerts", "--kind", "arrival"])).out).toEqual(["no alert is open"]);
  });

  it("prints CSV", async () => {
    const { out } = await world.lethe(["alerts", "--csv", "--all", "--dataset", "products"]);
    expect(out.join("\n")).toMatch(/\d*,?products,freshness,freshness,closed,recovered,/);
  });
});
