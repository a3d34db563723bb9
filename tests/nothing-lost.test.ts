import { createHash } from "node:crypto";
import { link, mkdir, open, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { hasSystemCode } from "@lethe/contracts/system-error";
import { contentHashes } from "@lethe/privacy/content-hash";
import { parseKeyring } from "@lethe/privacy/privacy-key";
import { filesBelow, pathsBelow } from "@lethe/test-kit/folders";
import { product } from "@lethe/test-kit/records";
import { succeed } from "@lethe/test-kit/runs";
import { openWorld, type World } from "@lethe/test-kit/world";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";

// Promise 2: whatever senders do to their files while runs go on, what they finished is loaded or in quarantine, and nothing else.

let world: World;
beforeAll(async () => {
  world = await openWorld({ settings: { LETHE_SETTLE_SECONDS: "1", LETHE_BATCH_BYTES: "2048" } });
});
afterAll(() => world.close());

const HABITS = ["writes", "renames in", "appends", "rewrites", "replaces", "moves", "links"] as const;
type Habit = (typeof HABITS)[number];

interface Sent {
  readonly habit: Habit;
  /** Records of each piece. */
  readonly pieces: readonly number[];
  /** Milliseconds before each piece, repeated. */
  readonly pauses: readonly number[];
  readonly hour: number;
}

const sent: fc.Arbitrary<Sent> = fc.record({
  habit: fc.constantFrom(...HABITS),
  pieces: fc.array(fc.integer({ min: 1, max: 25 }), { minLength: 1, maxLength: 4 }),
  pauses: fc.array(fc.oneof(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 200, max: 1_800 })), {
    minLength: 1,
    maxLength: 4,
  }),
  hour: fc.integer({ min: 0, max: 3 }),
});

let nextSku = 1;
let round = 0;

/** Does with a file what a sender of this habit does, and returns the products that are in what it finished. */
async function send({ habit, pieces, pauses, hour }: Sent, n: number): Promise<number[]> {
  const pathOf = (name: string, inHour = hour) => join(world.landing, `date=2022-01-0${round}/hour=0${inHour}`, name);
  const skus: number[] = [];
  const pieceOf = (records: number) => {
    const own = Array.from({ length: records }, () => nextSku++);
    skus.push(...own);
    return linesOf(own);
  };
  const path = pathOf(`products.n${n}.json`);
  const pause = (i: number) => setTimeout(pauses[i % pauses.length]);
  const put = async (content: string) => inFolder(path, () => writeFile(path, content));
  const putWhole = async (content: string, target = path) => {
    const unfinished = join(dirname(target), `.n${n}.tmp`);
    await inFolder(unfinished, () => writeFile(unfinished, content));
    await inFolder(target, () => rename(unfinished, target));
  };
  switch (habit) {
    case "writes":
      await pause(0);
      await put(pieces.map(pieceOf).join(""));
      break;
    case "renames in":
      await pause(0);
      await putWhole(pieces.map(pieceOf).join(""));
      break;
    case "appends": {
      const file = await inFolder(path, () => open(path, "a"));
      for (const [i, records] of pieces.entries()) {
        await file.write(pieceOf(records));
        await pause(i);
      }
      await file.close();
      break;
    }
    case "rewrites":
      for (const [i, records] of pieces.entries()) {
        const added = pieceOf(records);
        await put(added + linesOf(skus.slice(0, -records)));
        await pause(i);
      }
      break;
    case "replaces":
      for (const [i, records] of pieces.entries()) {
        const added = pieceOf(records);
        await putWhole(linesOf(skus.slice(0, -records)) + added);
        await pause(i);
      }
      break;
    case "moves":
    case "links": {
      await put(pieces.map(pieceOf).join(""));
      await pause(0);
      const target = pathOf(`products.n${n}.json`, hour + 4);
      await mkdir(dirname(target), { recursive: true });
      // It may have been taken.
      const change = habit === "moves" ? rename : link;
      await inFolder(target, () => change(path, target).catch(unlessMissing));
      break;
    }
  }
  return skus;
}

function linesOf(skus: readonly number[]): string {
  return skus.map((sku) => `${JSON.stringify(product({ sku }))}\n`).join("");
}

/** A run removes folders that it empties, also while somebody is about to write there. */
async function inFolder<T>(path: string, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    await mkdir(dirname(path), { recursive: true });
    try {
      return await work();
    } catch (error) {
      if (attempt === 20 || !hasSystemCode(error, "ENOENT")) throw error;
    }
  }
}

function unlessMissing(error: unknown): void {
  if (!hasSystemCode(error, "ENOENT")) throw error;
}

/** Returns the products that are loaded or in quarantine. */
async function keptSkus(): Promise<number[]> {
  const { rows } = await world.pool.query<{ sku: number }>("select sku from warehouse.products");
  const { rows: rejected } = await world.pool.query<{ payload: string }>(
    "select payload from ledger.quarantine where payload is not null",
  );
  const inQuarantine = rejected.map(({ payload }) => (JSON.parse(payload) as { sku: number }).sku);
  return [...new Set([...rows.map(({ sku }) => Number(sku)), ...inQuarantine])].sort((a, b) => a - b);
}

/** Requires that each archived file is what the ledger says it is. */
async function expectArchiveAsRead(): Promise<void> {
  const ring = parseKeyring(world.environment.LETHE_PRIVACY_KEY ?? "");
  const { rows } = await world.pool.query<{ path: string; sha256: Buffer; bytes: number }>(
    "select kept_path as path, sha256, bytes from ledger.files where state = 'done' and kept_path is not null",
  );
  for (const { path, sha256, bytes } of rows) {
    const content = await readFile(join(world.archived, path));
    expect([path, content.length]).toEqual([path, bytes]);
    const [hash] = contentHashes(ring, createHash("sha256").update(content).digest());
    expect(hash?.equals(sha256), path).toBe(true);
  }
}

it("loads or quarantines exactly what senders finished, whatever they do while runs go on", async () => {
  const finished: number[] = [];
  await fc.assert(
    fc.asyncProperty(fc.array(sent, { minLength: 4, maxLength: 10 }), async (files) => {
      round += 1;
      let isSending = true;
      const sending = Promise.all(files.map((file, n) => send(file, n))).finally(() => {
        isSending = false;
      });
      while (isSending) await succeed(world, "products");
      finished.push(...(await sending).flat());
      for (let i = 0; i < 6; i++) {
        await succeed(world, "products");
        if ((await filesBelow(world.landing)).size === 0 && i > 0) break;
      }
      expect([...(await filesBelow(world.landing)).keys()]).toEqual([]);
      expect(await pathsBelow(join(world.data, "claimed"))).toEqual([]);
      expect(await keptSkus()).toEqual([...finished].sort((a, b) => a - b));
      await expectArchiveAsRead();
    }),
    { numRuns: 6, endOnFailure: true },
  );
}, 180_000);
