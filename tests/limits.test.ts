import { createWriteStream } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { Run, RunDetail } from "@lethe/contracts/runs";
import { filesBelow, pathsBelow } from "@lethe/test-kit/folders";
import { landRecords } from "@lethe/test-kit/landing";
import { customer } from "@lethe/test-kit/records";
import { runByApi, settle, succeed, untilClosed } from "@lethe/test-kit/runs";
import { countOf } from "@lethe/test-kit/warehouse-rows";
import { openWorld, type World } from "@lethe/test-kit/world";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

// A packed file that becomes far larger, more files than a run takes, and records nested too deep.

const MIB = 1024 * 1024;
const BOMB_BYTES = 256 * MIB;
const BOMB = "date=2022-03-01/hour=01/customers.ndjson.gz";
const IDA = { id: "013000", email: "ida.forget@example.org", last_name: "Forgetson" };
const NESTING = 20;
const nested = (levels: number) => JSON.parse(`${"[".repeat(levels)}${"]".repeat(levels)}`);

let world: World;
let first: RunDetail;
beforeAll(async () => {
  world = await openWorld({
    settings: {
      LETHE_MAX_FILES_PER_RUN: "2",
      LETHE_MAX_UNPACK_RATIO: "20",
      LETHE_MAX_NESTING: String(NESTING),
    },
  });
  await landRecords(world, "date=2022-03-01/hour=00/customers.json", [customer(IDA), customer()]);
  await landBomb();
  await landRecords(world, "date=2022-03-01/hour=02/customers.json", [
    customer({ id: "000002", segment: nested(NESTING) }),
    customer({ id: "000003", segment: nested(NESTING - 1) }),
    customer({ id: "000004" }),
  ]);
  first = await runByApi(world, "customers");
}, 120_000);
afterAll(() => world.close());

/** One record again and again, with the person in the first line, in the last, and so in none that a short look reaches. */
async function landBomb(): Promise<void> {
  const path = join(world.landing, BOMB);
  await mkdir(dirname(path), { recursive: true });
  const person = Buffer.from(`${JSON.stringify(customer(IDA))}\n`);
  const piece = Buffer.from(`${JSON.stringify(customer())}\n`.repeat(4_000));
  const bytes = Readable.from(
    (function* () {
      yield person;
      for (let length = 0; length < BOMB_BYTES; length += piece.length) yield piece;
      yield person;
    })(),
  );
  await pipeline(bytes, createGzip({ level: 6 }), createWriteStream(path));
}

async function quarantinedBomb(): Promise<string> {
  const [path, ...others] = (await filesBelow(world.quarantined)).keys();
  if (path === undefined || others.length > 0) throw new Error("the bomb does not stand alone in quarantine");
  return join(world.quarantined, path);
}

async function peakMib(name: string): Promise<number> {
  const service = [...world.running].find((each) => each.name === name);
  const status = await readFile(`/proc/${service?.pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

describe("a packed file that becomes far larger", () => {
  it("goes to quarantine whole, for a reason that names the setting, and nothing of it is loaded", async () => {
    expect(first).toMatchObject({
      state: "succeeded",
      files: { done: 1, quarantined: 1 },
      records: { in: 2, loaded: 2 },
    });
    expect(first.notices.find(({ code }) => code === "file_unreadable")).toMatchObject({
      path: BOMB,
      message: expect.stringContaining("more than 20 times as large when it is unpacked (LETHE_MAX_UNPACK_RATIO)"),
    });
    // No erasure could search all of it: it is kept encrypted, and can be opened while its key is there.
    expect((await readFile(await quarantinedBomb())).subarray(0, 12).toString()).toBe("LETHE SEALED");
    const { code, out } = await world.lethe("erasure", "verify", "--json");
    expect(code, out).toBe(0);
    expect(JSON.parse(out).notSearched).toEqual({ tables: 0, sealed: 1, destroyed: 0, unreadable: 0, missing: 0 });
    expect(await peakMib("extractor")).toBeLessThan(300);
  });

  it("is destroyed with its key by an erasure, which says so", async () => {
    const { body } = await world.api("POST", "/erasures", { customerId: IDA.id, email: IDA.email });
    expect((await untilClosed(world, (body as { run: Run }).run.id)).state).toBe("succeeded");
    await settle(world);
    expect(await pathsBelow(world.quarantined)).toEqual([]);
    const { rows } = await world.pool.query(
      "select body -> 'scan' -> 'notSearched' as left_out from privacy.proof_log where kind = 'receipt'",
    );
    expect(rows).toEqual([{ left_out: expect.objectContaining({ destroyed: 1 }) }]);
    const { rows: keys } = await world.pool.query("select sealed from privacy.file_keys");
    expect(keys).toEqual([{ sealed: null }]);
    expect(await peakMib("loader")).toBeLessThan(300);
  });
});

describe("more files than a run takes", () => {
  it("are left for the next run, which says so", async () => {
    expect(first.notices.find(({ code }) => code === "files_left")?.message).toContain("They are 1;");
    expect((await pathsBelow(world.landing)).filter((path) => path.endsWith(".json"))).toEqual([
      "date=2022-03-01/hour=02/customers.json",
    ]);
  });
});

describe("a record that is nested too deep", () => {
  it("is unreadable, for a reason that names the setting", async () => {
    const [second] = await succeed(world, "customers");
    expect(second).toMatchObject({ records: { in: 3, loaded: 1, rejectedByReason: { unreadable: 1, schema: 1 } } });
    expect(second?.notices).toEqual([]);
    expect(
      await countOf(
        world.pool,
        `select count(*) as n from ledger.quarantine
         where line = 1 and message = 'the line is nested deeper than 20 levels (LETHE_MAX_NESTING)'`,
      ),
    ).toBe(1);
  });
});
