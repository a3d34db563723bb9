import { InvalidInputError } from "@lethe/contracts/errors";
import { describe, expect } from "vitest";
import { it } from "../../test/ledger-database.js";
import { recordRewrite } from "../ledger/finish-files.js";
import { inTransaction, type Pool } from "../pool.js";
import { addRewrittenFile, lastRewrite, newestRewrites, readRewrittenFiles } from "./rewritten-files.js";
import { countUndelivered, deliverNext, fillOutbox, type OutboxMessage } from "./webhook-outbox.js";

const at = (hour: number) => ({ date: "2020-01-01", hour });
const hoursOf = (files: readonly { readonly hour: number }[]) => files.map(({ hour }) => hour);

async function add(pool: Pool, ...hours: readonly number[]): Promise<void> {
  for (const hour of hours) await addRewrittenFile(pool, "customers", at(hour));
}

describe("the feed of rewritten files", () => {
  it("is written by whatever records a rewrite, in its transaction", async ({ pool }) => {
    const start = await lastRewrite(pool);
    await recordRewrite(pool, "customers", at(5), 100);
    const failing = inTransaction(pool, async (client) => {
      await recordRewrite(client, "customers", at(6), 100);
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    const { files } = await readRewrittenFiles(pool, start, 10);
    expect(files).toEqual([
      {
        position: expect.any(Number),
        dataset: "customers",
        path: "date=2020-01-01/hour=05/customers.json.gz",
        date: "2020-01-01",
        hour: 5,
        rewrittenOn: new Date().toISOString().slice(0, 10),
      },
    ]);
  });

  it("gives each entry once to who goes on from the last, also while others write", async ({ pool, client }) => {
    const start = await lastRewrite(pool);
    await addRewrittenFile(client, "customers", at(1));
    const later = add(pool, 2);
    // The later one must not show before the earlier one does.
    expect((await readRewrittenFiles(pool, start, 10)).files).toEqual([]);
    await client.query("commit");
    await client.query("begin");
    await later;
    const first = await readRewrittenFiles(pool, start, 1);
    const second = await readRewrittenFiles(pool, first.position, 10);
    expect([...hoursOf(first.files), ...hoursOf(second.files)]).toEqual([1, 2]);
    expect(await readRewrittenFiles(pool, second.position, 10)).toEqual({ files: [], position: second.position });
    await expect(readRewrittenFiles(pool, second.position + 1, 10)).rejects.toThrow(InvalidInputError);
  });

  it("names each file once in a manifest, where it was rewritten last", async ({ pool }) => {
    await add(pool, 1, 2, 1);
    expect(hoursOf(await newestRewrites(pool))).toEqual([2, 1]);
  });
});

describe("the outbox", () => {
  const confirm = async () => ({ confirmed: true }) as const;
  const fail = async () => ({ confirmed: false, failure: "status 500" }) as const;

  it("takes each entry of the feed into one message, also when two fill it at once", async ({ pool }) => {
    await add(pool, 1, 2);
    await Promise.all([fillOutbox(pool), fillOutbox(pool)]);
    await add(pool, 3);
    await fillOutbox(pool);
    expect(await fillOutbox(pool)).toBe(0);
    const bodies: string[] = [];
    const keep = async ({ body }: OutboxMessage) => {
      bodies.push(body);
      return confirm();
    };
    while ((await deliverNext(pool, keep)) !== undefined);
    expect(bodies.map((body) => hoursOf(JSON.parse(body).data.files))).toEqual([[1, 2], [3]]);
    expect(await countUndelivered(pool)).toBe(0);
  });

  it("keeps what is not confirmed, and waits longer each time, without end", async ({ pool }) => {
    await add(pool, 1);
    await fillOutbox(pool);
    const waits: number[] = [];
    for (let i = 0; i < 11; i++) {
      expect(await deliverNext(pool, fail)).toEqual({ confirmed: false, failure: "status 500" });
      expect(await deliverNext(pool, fail)).toBeUndefined();
      const { rows } = await pool.query<{ wait: number }>(
        "select round(extract(epoch from next_attempt_at - clock_timestamp()))::integer as wait from ledger.webhook_outbox",
      );
      waits.push(rows[0]?.wait ?? 0);
      await pool.query("update ledger.webhook_outbox set next_attempt_at = clock_timestamp()");
    }
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
    expect(waits[0]).toBe(5);
    expect(waits.at(-1)).toBe(24 * 60 * 60);
    expect(await deliverNext(pool, confirm)).toEqual({ confirmed: true });
  });

  it("keeps a message whose delivery a crash interrupts, and gives it to one deliverer at a time", async ({ pool }) => {
    await add(pool, 1);
    await fillOutbox(pool);
    await expect(deliverNext(pool, () => Promise.reject(new Error("crash")))).rejects.toThrow("crash");
    const inner: unknown[] = [];
    await deliverNext(pool, async () => {
      inner.push(await deliverNext(pool, confirm));
      return confirm();
    });
    expect(inner).toEqual([undefined]);
    expect(await countUndelivered(pool)).toBe(0);
  });
});
