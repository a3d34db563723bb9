import { randomUUID } from "node:crypto";
import type { AlertMessage } from "@lethe/contracts/checks";
import type { RewrittenMessage } from "@lethe/contracts/rewritten-files";
import { type Client, inTransaction, type Pool, type Queryable } from "../pool.js";
import { readRewrittenFiles } from "./rewritten-files.js";

/** A message that waits to be delivered. */
export interface OutboxMessage {
  /** The same at each attempt, so that a receiver knows a message that it has. */
  readonly id: string;
  readonly body: string;
}

const FILES_PER_MESSAGE = 1_000;

/**
 * Puts what has come into the feed since the last message into the outbox, as messages of at most 1,000 files. Whatever crashes,
 * each entry comes into one message. Returns the number of messages.
 */
export async function fillOutbox(pool: Pool): Promise<number> {
  let messages = 0;
  while (await addMessage(pool)) messages += 1;
  return messages;
}

async function addMessage(pool: Pool): Promise<boolean> {
  return inTransaction(pool, async (client) => {
    await client.query("insert into ledger.webhook_progress (position) values (0) on conflict do nothing");
    const progress = await client.query<{ position: number }>(
      "select position from ledger.webhook_progress for update",
    );
    const { files, position } = await readRewrittenFiles(client, progress.rows[0]?.position ?? 0, FILES_PER_MESSAGE);
    if (files.length === 0) return false;
    const message: RewrittenMessage = {
      type: "processed_files.rewritten",
      timestamp: new Date().toISOString(),
      data: { files, position },
    };
    await addOutboxMessage(client, message);
    await client.query("update ledger.webhook_progress set position = $1", [position]);
    return true;
  });
}

/** Adds a message to the outbox, which is delivered when the transaction has committed. */
export async function addOutboxMessage(client: Client, message: RewrittenMessage | AlertMessage): Promise<void> {
  await client.query("insert into ledger.webhook_outbox (id, body) values ($1, $2)", [
    `msg_${randomUUID().replaceAll("-", "")}`,
    JSON.stringify(message),
  ]);
}

/** How a message's delivery ended: confirmed, or why not. */
export type Delivery = { readonly confirmed: true } | { readonly confirmed: false; readonly failure: string };

/**
 * Delivers the next message that is due, oldest first: calls `deliver`, and removes the message when the receiver has confirmed
 * it. Otherwise it is tried again, at growing intervals, without end. A crash in between delivers it once more. Returns what
 * became of it; undefined when none is due, or another process delivers it.
 */
export async function deliverNext(
  pool: Pool,
  deliver: (message: OutboxMessage) => Promise<Delivery>,
): Promise<Delivery | undefined> {
  return inTransaction(pool, async (client) => {
    const { rows } = await client.query<OutboxMessage & { attempts: number }>(
      `select id, body, attempts from ledger.webhook_outbox where next_attempt_at <= clock_timestamp()
       order by created_at, id limit 1 for update skip locked`,
    );
    const message = rows[0];
    if (message === undefined) return undefined;
    const delivery = await deliver(message);
    if (delivery.confirmed) await client.query("delete from ledger.webhook_outbox where id = $1", [message.id]);
    else await postpone(client, message, delivery.failure);
    return delivery;
  });
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
/** Seconds until the next attempt, as Standard Webhooks recommends; the last one again and again. */
const BACKOFF = [5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];

async function postpone(
  client: Client,
  { id, attempts }: { readonly id: string; readonly attempts: number },
  failure: string,
): Promise<void> {
  const seconds = BACKOFF[Math.min(attempts, BACKOFF.length - 1)];
  await client.query(
    `update ledger.webhook_outbox
     set attempts = attempts + 1, next_attempt_at = clock_timestamp() + make_interval(secs => $2), last_failure = $3
     where id = $1`,
    [id, seconds, failure],
  );
}

/** Returns the number of messages that are not confirmed. */
export async function countUndelivered(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ messages: number }>("select count(*) as messages from ledger.webhook_outbox");
  return rows[0]?.messages ?? 0;
}
