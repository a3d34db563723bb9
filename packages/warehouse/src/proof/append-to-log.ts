import type { LogEntry, LogKind } from "@lethe/contracts/proof";
import { lockInTransaction } from "../advisory-lock.js";
import type { Client } from "../pool.js";
import { chainHash, FIRST_PREVIOUS_HASH, hashContent } from "./hash-entry.js";

/** What an entry says. The body holds no personal data: keyed hashes, pseudonyms, counts and times. */
export interface NewEntry {
  readonly kind: LogKind;
  readonly body: object;
}

/**
 * Appends an entry to the log, and returns it. `client` is in a transaction, which the entry belongs to. It holds the log's
 * lock until it ends, and everybody else who appends waits: make this the last thing that the transaction does.
 */
export async function appendToLog(client: Client, entry: NewEntry): Promise<LogEntry> {
  const [appended] = await appendAllToLog(client, [entry]);
  if (appended === undefined) throw new Error("nothing was appended to the log");
  return appended;
}

/** Appends entries to the log as `appendToLog` does, one after the other, and returns them. */
export async function appendAllToLog(client: Client, entries: readonly NewEntry[]): Promise<LogEntry[]> {
  await lockLog(client);
  const { rows } = await client.query<{ sequence: number; hash: string; now: Date }>(
    `select coalesce(last.sequence, 0) as sequence, coalesce(last.hash, $1) as hash,
            date_trunc('milliseconds', clock_timestamp()) as now
     from (select) as one
     left join (select sequence, hash from privacy.proof_log order by sequence desc limit 1) as last on true`,
    [FIRST_PREVIOUS_HASH],
  );
  const { sequence: lastSequence = 0, hash: lastHash = FIRST_PREVIOUS_HASH, now = new Date() } = rows[0] ?? {};
  const appended: LogEntry[] = [];
  for (const [i, { kind, body }] of entries.entries()) {
    const content = {
      sequence: lastSequence + 1 + i,
      kind,
      createdAt: now.toISOString(),
      // As the database gives it back: without what is undefined.
      body: JSON.parse(JSON.stringify(body)),
    };
    const previousHash = appended.at(-1)?.hash ?? lastHash;
    appended.push({ ...content, previousHash, hash: chainHash(previousHash, hashContent(content)) });
  }
  await client.query(
    `insert into privacy.proof_log (sequence, kind, body, created_at, previous_hash, hash)
     select sequence, kind, body, "createdAt", "previousHash", hash
     from jsonb_to_recordset($1::jsonb) as entry (sequence bigint, kind text, body jsonb, "createdAt" timestamptz,
                                                  "previousHash" text, hash text)
     order by sequence`,
    [JSON.stringify(appended)],
  );
  return appended;
}

/** Keeps others from appending to the log until the transaction ends; waits for whoever appends. */
export async function lockLog(client: Client): Promise<void> {
  // Not a table lock: to keep others from inserting takes the right to change or delete entries.
  await lockInTransaction(client, "lethe proof log");
}
