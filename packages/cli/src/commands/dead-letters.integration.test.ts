import { failRun } from "@lethe/warehouse/ledger/change-run";
import { openRun } from "@lethe/warehouse/ledger/open-run";
import { readRun } from "@lethe/warehouse/ledger/read-runs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type CliWorld, createCliWorld } from "../../test/cli-fixture.js";

let world: CliWorld;
beforeAll(async () => {
  world = await createCliWorld();
});
afterEach(async () => {
  await world.quiet();
  await world.pool.query("truncate ledger.runs cascade");
});
afterAll(() => world.end());

const MESSAGE = 'the folder "landing", cannot be read';

/** Creates a run that gave up in its extraction: its dead letter has the run's id. */
async function failedRun(job: "customers" | "products"): Promise<string> {
  const runId = await openRun(world.pool, { job, kind: "files", trigger: "cli" });
  await failRun(world.pool, runId, "extract", "unexpected", MESSAGE);
  return runId;
}

describe("lethe dead-letters list", () => {
  it("says what gave up and why, narrowed by its options, and how to read on", async () => {
    const customers = await failedRun("customers");
    const products = await failedRun("products");
    const all = await world.lethe(["dead-letters", "list"]);
    expect(all.code).toBe(0);
    expect(all.out.join("\n")).toMatch(new RegExp(`${products} +products +extract +open .*${MESSAGE}`));
    const idsOf = async (...options: string[]) => {
      const { out } = await world.lethe(["dead-letters", "list", "--json", ...options]);
      return out.map((line) => (JSON.parse(line) as { id: string }).id);
    };
    expect(await idsOf()).toEqual([products, customers]);
    expect(await idsOf("--job", "customers")).toEqual([customers]);
    expect(await idsOf("--status", "overtaken")).toEqual([]);
    expect(await idsOf("--before", products)).toEqual([customers]);
    const page = await world.lethe(["dead-letters", "list", "--limit", "1"]);
    expect(page.err).toEqual([`there are more; go on with --before ${products}`]);
  });

  it("prints CSV by RFC 4180", async () => {
    const id = await failedRun("customers");
    const { out } = await world.lethe(["dead-letters", "list", "--csv"]);
    const [titles, line = "", ...rest] = `${out.join("\n")}\n`.split("\r\n");
    expect(titles).toBe("id,stage,status,job,runId,batchId,code,message,records,bytes,failedAt");
    expect(line).toContain(
      `${id},extract,open,customers,${id},,unexpected,"the folder ""landing"", cannot be read",,,`,
    );
    expect(rest).toEqual([""]);
  });
});

describe("lethe dead-letters replay", () => {
  it("opens the run again and enqueues what is missing", async () => {
    const id = await failedRun("customers");
    const { code, out } = await world.lethe(["dead-letters", "replay", id]);
    expect({ code, out }).toEqual({ code: 0, out: [`customers ${id}`] });
    expect((await readRun(world.pool, id)).state).toBe("queued");
    expect(await world.queues.byJob.extract.getJob(`extract-${id}`)).toBeDefined();
    expect(await world.lethe(["dead-letters", "replay", id])).toMatchObject({ code: 2, out: [] });
  });

  it("takes all of them one after the other with --all --follow, the oldest first", async () => {
    const ids = [await failedRun("customers"), await failedRun("products"), await failedRun("customers")];
    await world.startWorkers();
    const { code, out } = await world.lethe(["dead-letters", "replay", "--all", "--follow", "--json"]);
    expect(code).toBe(0);
    const runs = out.map((line) => JSON.parse(line) as { id: string; state: string });
    expect(runs.map(({ id, state }) => [id, state])).toEqual(ids.map((id) => [id, "succeeded"]));
    expect((await world.lethe(["dead-letters", "list"])).out).toEqual(["no such dead letter"]);
    expect(await world.lethe(["dead-letters", "replay", "--all"])).toMatchObject({
      code: 0,
      err: ["nothing to replay: no dead letter is open"],
    });
  });

  it("exits with 4 where --all had to leave one, and opens the others", async () => {
    const [first, second, other] = [
      await failedRun("customers"),
      await failedRun("customers"),
      await failedRun("products"),
    ];
    const { code, out, err } = await world.lethe(["dead-letters", "replay", "--all"]);
    expect(code).toBe(4);
    expect(out).toEqual([`customers ${first}`, `products ${other}`]);
    expect(err.join("\n")).toContain(`run ${second} cannot be retried: `);
  });

  it("exits with 1 when a run that it follows fails again", async () => {
    const id = await failedRun("customers");
    await world.startWorkers({
      async handle({ runId }) {
        await failRun(world.pool, runId, "extract", "unexpected", MESSAGE);
        return { files: 0, batches: 0 };
      },
    });
    const { code, out } = await world.lethe(["dead-letters", "replay", id, "--follow"]);
    expect(code).toBe(1);
    expect(out.join("\n")).toContain(`customers: failed: ${MESSAGE} (unexpected)`);
  });

  it("exits with 2 for what is no dead letter", async () => {
    const { code, err } = await world.lethe(["dead-letters", "replay", "6c1d8a52-6a0e-4b0e-9a36-0d6a3d1c2f10"]);
    expect(code).toBe(2);
    expect(err.at(-1)).toContain("there is no dead letter");
  });
});
