import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { pathsBelow } from "@lethe/test-kit/folders";
import { openQueueEvents } from "@lethe/test-kit/jobs";
import { landRecords } from "@lethe/test-kit/landing";
import { customer, transaction } from "@lethe/test-kit/records";
import { fromRepository } from "@lethe/test-kit/repository";
import { openByApi, settle, succeed, untilClosed } from "@lethe/test-kit/runs";
import { keysOf } from "@lethe/test-kit/test-place";
import { openWorld, type World } from "@lethe/test-kit/world";
import type { Redis } from "ioredis";
import { afterAll, beforeAll, expect, it } from "vitest";

const SAMPLE = fromRepository("raw_data");

/** Shorter values (a first name "Amy") would be found in any text, and say nothing. */
const SHORTEST = 4;

let world: World;
let personal: string[];
/** Every command that Redis got while the runs were at work, of this world's prefix. */
const commands: string[] = [];
let commandOutput = "";

beforeAll(async () => {
  personal = await personalValues();
  world = await openWorld();
  const monitor = await world.redis.duplicate().monitor();
  monitor.on("monitor", (_time: string, args: string[]) => {
    // A script's text is Lethe's and BullMQ's own, and full of English words; what it is given is looked at.
    const given = args[0]?.toLowerCase() === "eval" ? args.slice(2) : args;
    if (given.some((argument) => argument.includes(world.prefix))) commands.push(given.join(" "));
  });
  await cp(SAMPLE, world.landing, { recursive: true, filter: (source) => !source.endsWith("README.md") });
  await landRecords(world, "date=2020-01-09/hour=00/transactions.json", [transaction(9, { customer_id: "900008" })]);
  const { out, err, code } = await world.lethe("run", "all", "--follow");
  expect(code, err).toBe(0);
  commandOutput = out + err;
  await failOnce();
  await landRecords(world, "date=2020-01-09/hour=02/customers.json", [customer({ id: "900008" })]);
  await succeed(world, "customers");
  await settle(world);
  await monitor.quit().catch(() => undefined);
  monitor.disconnect();
}, 120_000);
afterAll(() => world.close());

/** Brings the database's complaint about a person's row through worker, queue and log. */
async function failOnce(): Promise<void> {
  const { pool } = world;
  await pool.query(
    "alter table warehouse.customers add constraint refuses check (email not like 'refused%') not valid",
  );
  await landRecords(world, "date=2020-01-09/hour=01/customers.json", [
    customer({ id: "900007", email: "refused.person@example.org", first_name: "Refusina" }),
  ]);
  const events = await openQueueEvents(world, "load");
  const failed = new Promise((resolve) => events.once("delayed", resolve));
  const runId = await openByApi(world, "customers");
  await failed;
  await events.close();
  await pool.query("alter table warehouse.customers drop constraint refuses");
  const run = await untilClosed(world, runId);
  expect(run).toMatchObject({ state: "succeeded", records: { in: 1, loaded: 1 } });
  commandOutput += JSON.stringify(run);
}

it("looks for enough: every email, name, address line and phone of the input", () => {
  expect(personal.length).toBeGreaterThan(1_000);
  expect(personal).toContain("refused.person@example.org");
  expect(personal.some((value) => /^\+44\(0\)/.test(value))).toBe(true);
});

it("would find a value that stood there", () => {
  const [value = ""] = personal;
  expect(findIn([`some text with ${value} in it`])).toEqual([value]);
});

it("gives Redis nothing personal while runs are at work", () => {
  const verbs = new Set(commands.map((command) => command.split(" ")[0]?.toLowerCase()));
  expect([...verbs]).toContain("evalsha");
  expect(commands.length).toBeGreaterThan(100);
  expect(commands.some((command) => command.includes("runId"))).toBe(true);
  expect(findIn(commands)).toEqual([]);
});

it("leaves nothing personal in any key or value of Redis", async () => {
  const contents = await everythingIn(world.redis, world.prefix);
  expect(contents.length).toBeGreaterThan(20);
  expect(contents.join(" ")).toContain("database_error");
  expect(findIn(contents)).toEqual([]);
});

it("writes nothing personal into logs, not even at the level debug and about errors", async () => {
  const logs = await world.logs();
  expect(logs).toContain("job failed");
  for (const service of ["scheduler", "extractor", "transformer", "loader"]) expect(logs).toContain(`"${service}"`);
  expect(findIn([logs])).toEqual([]);
});

it("prints nothing personal on the terminal and by the API", () => {
  expect(commandOutput).toContain("customers");
  expect(findIn([commandOutput])).toEqual([]);
});

function findIn(texts: readonly string[]): string[] {
  const text = texts.join("\n");
  return personal.filter((value) => text.includes(value));
}

/** Collects whatever tells of a person in the input, as it stands there and as Lethe cleans it. */
async function personalValues(): Promise<string[]> {
  const values = new Set<string>(["refused.person@example.org", "Refusina"]);
  const add = (value: unknown) => {
    if (typeof value !== "string") return;
    for (const line of value.split("\n")) {
      for (const form of [line.trim(), line.trim().toLowerCase()]) {
        if (form.length >= SHORTEST && (form === line.trim() || form.includes("@"))) values.add(form);
      }
    }
  };
  for (const path of await pathsBelow(SAMPLE)) {
    if (!/(customers|transactions|erasure-requests)\.json(\.gz)?$/.test(path)) continue;
    for (const record of await recordsOf(join(SAMPLE, path))) {
      const { email, first_name, last_name, phone_number, address, delivery_address } = record;
      [email, first_name, last_name, phone_number, address].forEach(add);
      add((delivery_address as { address?: unknown } | undefined)?.address);
    }
  }
  const own = customer();
  [own.first_name, own.last_name, own.phone_number, own.address, transaction(1).delivery_address.address].forEach(add);
  return [...values];
}

async function recordsOf(path: string): Promise<Record<string, unknown>[]> {
  const bytes = await readFile(path);
  let text: string;
  try {
    text = path.endsWith(".gz") ? gunzipSync(bytes).toString("utf8") : bytes.toString("utf8");
  } catch {
    return [];
  }
  return text.split("\n").flatMap((line) => {
    try {
      return [JSON.parse(line) as Record<string, unknown>];
    } catch {
      return [];
    }
  });
}

/** Returns every key of a prefix with all that it holds, whatever its type. */
async function everythingIn(redis: Redis, prefix: string): Promise<string[]> {
  const contents: string[] = [];
  for (const key of await keysOf(redis, prefix)) {
    const type = await redis.type(key);
    contents.push(`${key} ${JSON.stringify(await contentOf(redis, key, type))}`);
  }
  return contents;
}

async function contentOf(redis: Redis, key: string, type: string): Promise<unknown> {
  switch (type) {
    case "string":
      return redis.get(key);
    case "hash":
      return redis.hgetall(key);
    case "list":
      return redis.lrange(key, 0, -1);
    case "set":
      return redis.smembers(key);
    case "zset":
      return redis.zrange(key, "0", "-1");
    case "stream":
      return redis.xrange(key, "-", "+");
    case "none":
      return null;
    default:
      throw new Error(`${key} is a ${type}, which this test does not know how to read`);
  }
}
