import { listRuns } from "@lethe/warehouse/ledger/read-runs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type CliWorld, createCliWorld, quarantineRecord } from "../../test/cli-fixture.js";

let world: CliWorld;
let productsRun: string;
beforeAll(async () => {
  world = await createCliWorld();
  await quarantineRecord(world.pool, "transactions", "unknown_sku", 11);
  productsRun = await quarantineRecord(world.pool, "products", "schema", 22);
  await quarantineRecord(world.pool, "transactions", "unknown_customer", 33);
});
afterEach(async () => {
  await world.quiet();
  await world.pool.query(
    "delete from ledger.run_transitions t using ledger.runs r where t.run_id = r.id and r.kind = 'replay'",
  );
  await world.pool.query("delete from ledger.runs where kind = 'replay'");
});
afterAll(() => world.end());

async function replayRuns() {
  const { runs } = await listRuns(world.pool, { limit: 100 });
  return runs.filter((run) => run.kind === "replay").reverse();
}

async function replayFilters(): Promise<unknown[]> {
  const { rows } = await world.pool.query<{ replay_filter: unknown }>(
    "select replay_filter from ledger.runs where kind = 'replay' order by requested_at",
  );
  return rows.map((row) => row.replay_filter);
}

describe("lethe quarantine list", () => {
  it("says where each record stood and why it is there, and shows nothing of the record", async () => {
    const { code, out } = await world.lethe(["quarantine", "list"]);
    expect(code).toBe(0);
    expect(out.join("\n")).toContain("date=2020-01-01/hour=00/products.json:22");
    expect(out.join("\n")).toContain("a reason for people");
    expect(out.join("\n")).not.toContain("jane");
  });

  it.each([
    [
      ["--dataset", "transactions"],
      [11, 33],
    ],
    [["--reason", "schema"], [22]],
    [["--dataset", "transactions", "--reason", "schema"], []],
    [
      ["--status", "open", "--limit", "2"],
      [11, 22],
    ],
    [["--status", "erased"], []],
    [["--after", "2"], [33]],
  ])("narrows by %j", async (options, lines) => {
    const { out } = await world.lethe(["quarantine", "list", "--json", ...options]);
    expect(out.map((line) => (JSON.parse(line) as { line: number }).line)).toEqual(lines);
  });

  it("prints CSV in which a file's name is no formula and moves no cursor", async () => {
    await world.pool.query("update ledger.files set path = $1 where dataset = 'products'", [
      '=cmd|"/c calc"!A1\u001b[2J',
    ]);
    const { out } = await world.lethe(["quarantine", "list", "--csv", "--dataset", "products"]);
    await world.pool.query("update ledger.files set path = 'x' where dataset = 'products'");
    const [titles, line = ""] = out.join("\n").split("\r\n");
    expect(titles).toBe("id,dataset,reason,status,file,line,pointer,message,runId,createdAt");
    expect(line).toContain(
      `,products,schema,open,"'=cmd|""/c calc""!A1\\x1b[2J",22,,a reason for people,${productsRun},`,
    );
  });

  it("narrows by run, and says how to read on", async () => {
    const ofRun = await world.lethe(["quarantine", "list", "--run-id", productsRun, "--json"]);
    expect(ofRun.out).toHaveLength(1);
    const page = await world.lethe(["quarantine", "list", "--limit", "1"]);
    expect(page.err).toEqual(["there are more; go on with --after 1"]);
  });
});

describe("lethe quarantine replay", () => {
  it("opens a replay for each dataset with open records, in the order of a full load", async () => {
    const { code, out } = await world.lethe(["quarantine", "replay"]);
    expect(code).toBe(0);
    expect(out).toHaveLength(2);
    expect(await replayRuns()).toMatchObject([
      { job: "products", trigger: "cli" },
      { job: "transactions", trigger: "cli" },
    ]);
    expect(await replayFilters()).toEqual([{ dataset: "products" }, { dataset: "transactions" }]);
  });

  it("replays only what the options mean", async () => {
    await world.lethe(["quarantine", "replay", "--reason", "unknown_sku"]);
    expect(await replayFilters()).toEqual([{ dataset: "transactions", reason: "unknown_sku" }]);
    await world.lethe(["quarantine", "replay", "--run", productsRun]);
    expect(await replayFilters()).toContainEqual({ dataset: "products", runId: productsRun });
  });

  it("follows a replay to its end", async () => {
    await world.startWorkers();
    const { code, out } = await world.lethe(["quarantine", "replay", "--dataset", "products", "--follow"]);
    expect(code).toBe(0);
    expect(out.join("\n")).toMatch(/products \(replay\) +succeeded/);
  });

  it("opens nothing when no record is meant", async () => {
    const { code, err } = await world.lethe(["quarantine", "replay", "--reason", "duplicate"]);
    expect(code).toBe(0);
    expect(err).toEqual(["nothing to replay: no such record is open in quarantine"]);
    expect(await replayRuns()).toEqual([]);
  });

  it("exits with 2 for a run that does not exist", async () => {
    const { code } = await world.lethe(["quarantine", "replay", "--run", "6c1d8a52-6a0e-4b0e-9a36-0d6a3d1c2f10"]);
    expect(code).toBe(2);
  });
});
