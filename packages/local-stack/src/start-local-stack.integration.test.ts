import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { Redis } from "ioredis";
import pg from "pg";
import Type, { type Static } from "typebox";
import { Parse } from "typebox/value";
import { afterEach, beforeEach, describe, expect, inject, onTestFinished, test, vi } from "vitest";
import { isRunning } from "./process-identity.js";
import { type LocalStack, startLocalStack } from "./start-local-stack.js";

let directory: string;
let stacks: LocalStack[] = [];

beforeEach(async () => {
  // Of mode 0700: as root, PostgreSQL's ordinary user cannot reach what lies below by its path.
  directory = await mkdtemp(path.join(tmpdir(), "lethe-local-stack-"));
});

afterEach(async () => {
  await Promise.all(stacks.map((stack) => stack.stop()));
  stacks = [];
  await rm(directory, { recursive: true, force: true });
});

describe("a stack", () => {
  test("gives a database and a Redis that are set as Lethe needs them, and keeps both over a restart", async () => {
    const first = await start();
    expect(first).toMatchObject({ postgres: "embedded" });
    expect(await query(first, "show fsync")).toEqual("on");
    expect(
      await query(first, "select datcollate || ' ' || datlocale from pg_database where datname = 'lethe'"),
    ).toEqual("C C.UTF-8");
    await query(first, "create table kept as select 'a row' as value");
    await withRedis(first, async (redis) => {
      expect(await redis.config("GET", "maxmemory-policy")).toEqual(["maxmemory-policy", "noeviction"]);
      await redis.set("kept", "a value");
    });
    await first.stop();
    await expect(query(first, "select 1")).rejects.toThrow("ECONNREFUSED");

    const second = await start();
    expect(second.databaseUrl).toBe(first.databaseUrl);
    expect(await query(second, "select value from kept")).toEqual("a row");
    await withRedis(second, async (redis) => expect(await redis.get("kept")).toEqual("a value"));
  });

  test("lets nobody in without its passwords, which stand only in files of their owner", async () => {
    const stack = await start();
    await expect(
      query({ ...stack, databaseUrl: withPassword(stack.databaseUrl, "guess") }, "select 1"),
    ).rejects.toThrow("password authentication failed");
    await withRedis({ ...stack, redisUrl: withPassword(stack.redisUrl, "") }, async (redis) => {
      await expect(redis.get("x")).rejects.toThrow("NOAUTH");
    });
    for (const file of ["postgres-password", "pgpass", "redis/redis.conf", "stack.lock", "postgres.log", "redis.log"]) {
      expect((await stat(path.join(directory, file))).mode & 0o777, file).toEqual(0o600);
    }
  });

  test("tells what it did and how long it took, and of a port that somebody else has taken", async () => {
    const steps: string[] = [];
    const notes: string[] = [];
    const options = {
      directory,
      onStep: (done: string) => void steps.push(done),
      onNote: (note: string) => void notes.push(note),
    };
    const first = await startLocalStack(options);
    stacks.push(first);
    expect(steps[0]).toBe("Created PostgreSQL's data folder");
    expect(steps.slice(1).sort()).toEqual(["Started PostgreSQL", "Started Redis"]);
    await first.stop();
    const { port } = new URL(first.databaseUrl);
    const other = createServer().listen(Number(port), "127.0.0.1");
    await once(other, "listening");
    onTestFinished(() => void other.close());
    const second = await startLocalStack(options);
    stacks.push(second);
    expect(notes).toContain(
      `port ${port} is taken; PostgreSQL is on port ${new URL(second.databaseUrl).port} from now on`,
    );
  });

  test("does not log what a failed statement was about", async () => {
    const stack = await start();
    await expect(query(stack, "select 'ada@example.com'::integer")).rejects.toThrow("invalid input syntax");
    await stack.stop();
    expect(await readFile(path.join(directory, "postgres.log"), "utf8")).not.toContain("ada@example.com");
  });
});

describe("a folder that is in use", () => {
  test("refuses a second stack of this and of another process", async () => {
    await start();
    await expect(start()).rejects.toThrow(/^process \d+ already runs a stack in /);
    const other = runOwner();
    expect(await firstLine(other)).toMatchObject({ code: "configuration_invalid" });
  });
});

describe("a stack whose process is killed", () => {
  test("stops, and its folder can be used again with the data in it", async () => {
    const owner = runOwner();
    const orphaned = parseStack(await firstLine(owner));
    await query(orphaned, "create table kept as select 'a row' as value");
    const lock = await readLock();
    expect(lock.children).toHaveLength(2);

    owner.kill("SIGKILL");

    await once(owner, "exit");
    // No event tells of the end of a process that is not a child.
    await vi.waitFor(
      async () =>
        expect(await Promise.all([lock.keeper, ...lock.children].map(isRunning))).toEqual([false, false, false]),
      { timeout: 30_000 },
    );
    const next = await start();
    expect(await query(next, "select value from kept")).toEqual("a row");
  });

  test("heals at the next start when its keeper was killed too", async () => {
    const owner = runOwner();
    const orphaned = parseStack(await firstLine(owner));
    await query(orphaned, "create table kept as select 'a row' as value");
    const lock = await readLock();

    process.kill(lock.keeper.pid, "SIGKILL");
    owner.kill("SIGKILL");
    await once(owner, "exit");

    const next = await start();
    expect(await Promise.all(lock.children.map(isRunning))).toEqual([false, false]);
    expect(await query(next, "select value from kept")).toEqual("a row");
  });
});

describe("a server of the user's", () => {
  test("is used and not started", async () => {
    const given = { databaseUrl: inject("databaseUrl"), redisUrl: inject("redisUrl") };
    const stack = await startLocalStack({ directory, ...given });
    expect(stack).toMatchObject({ ...given, postgres: "given", redis: "given" });
  });
});

async function start(): Promise<LocalStack> {
  const stack = await startLocalStack({ directory });
  stacks.push(stack);
  return stack;
}

type Owner = ChildProcessByStdio<Writable, Readable, null>;

/** Runs a process that starts a stack in the folder and stays. */
function runOwner(): Owner {
  const file = fileURLToPath(new URL("../test-fixtures/own-a-stack.mjs", import.meta.url));
  const owner = spawn(process.execPath, [file, directory], { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => {
    owner.kill("SIGKILL");
  });
  return owner;
}

async function firstLine(owner: Owner): Promise<unknown> {
  const [line] = await once(createInterface({ input: owner.stdout }), "line");
  return JSON.parse(String(line));
}

const Urls = Type.Object({ databaseUrl: Type.String(), redisUrl: Type.String() });

function parseStack(value: unknown): Static<typeof Urls> {
  return Parse(Urls, value);
}

const Identity = Type.Object({ pid: Type.Integer(), startedAt: Type.String() });
const Lock = Type.Object({ keeper: Identity, children: Type.Array(Identity) });

async function readLock(): Promise<Static<typeof Lock>> {
  return Parse(Lock, JSON.parse(await readFile(path.join(directory, "stack.lock"), "utf8")));
}

async function query(stack: { databaseUrl: string }, statement: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: stack.databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<unknown[]>({ text: statement, rowMode: "array" });
    return rows[0]?.[0];
  } finally {
    await client.end();
  }
}

async function withRedis(stack: { redisUrl: string }, use: (redis: Redis) => Promise<void>): Promise<void> {
  const redis = new Redis(stack.redisUrl, { enableReadyCheck: false });
  // What goes wrong is what the command answers.
  redis.on("error", () => {});
  try {
    await use(redis);
  } finally {
    redis.disconnect();
  }
}

function withPassword(text: string, password: string): string {
  const url = new URL(text);
  url.password = password;
  return url.href;
}
