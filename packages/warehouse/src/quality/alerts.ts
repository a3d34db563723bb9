import type { Alert, AlertKind, AlertMessage, AlertResolution, AlertState } from "@lethe/contracts/checks";
import type { DatasetName } from "@lethe/contracts/datasets";
import { NotFoundError, RunStateError } from "@lethe/contracts/errors";
import { addOutboxMessage } from "../feed/webhook-outbox.js";
import { requireCursor } from "../ledger/known-references.js";
import { type Client, inTransaction, type Pool, type Queryable } from "../pool.js";

/** An alert that is open. */
export interface OpenAlert {
  readonly id: string;
  readonly dataset: DatasetName;
  readonly kind: AlertKind;
  readonly cause: string;
  readonly lastPartition: string | null;
}

export interface NewAlert {
  readonly dataset: DatasetName;
  readonly kind: AlertKind;
  readonly cause: string;
  /** For people; holds no value of a record. */
  readonly message: string;
  /** `YYYY-MM-DDTHH`. */
  readonly partition: string | null;
}

/** Returns the alerts that are open. */
export async function readOpenAlerts(db: Queryable): Promise<OpenAlert[]> {
  const { rows } = await db.query<OpenAlert>(
    `select id, dataset, kind, cause, last_partition as "lastPartition" from ledger.alerts where closed_at is null
     order by opened_at, id`,
  );
  return rows;
}

/** Opens an alert and returns its id. The cause must have none that is open. */
export async function openAlert(
  db: Queryable,
  { dataset, kind, cause, message, partition }: NewAlert,
  now: Date,
): Promise<string> {
  const { rows } = await db.query<{ id: string }>(
    `insert into ledger.alerts (dataset, kind, cause, message, first_partition, last_partition, opened_at)
     values ($1, $2, $3, $4, $5, $5, $6) returning id`,
    [dataset, kind, cause, message, partition, now],
  );
  if (rows[0] === undefined) throw new Error("an alert was not opened");
  return rows[0].id;
}

/** Reports whether an alert of a cause was open at some time since `since`. */
export async function wasOpenSince(
  db: Queryable,
  { dataset, kind, cause }: Pick<NewAlert, "dataset" | "kind" | "cause">,
  since: Date,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `select from ledger.alerts
     where dataset = $1 and kind = $2 and cause = $3 and (closed_at is null or closed_at >= $4) limit 1`,
    [dataset, kind, cause, since],
  );
  return rowCount === 1;
}

/** Records the newest partition that an open alert is about. */
export async function extendAlert(db: Queryable, id: string, partition: string): Promise<void> {
  await db.query("update ledger.alerts set last_partition = greatest(last_partition, $2) where id = $1", [
    id,
    partition,
  ]);
}

/** Closes an open alert. */
export async function closeAlert(db: Queryable, id: string, resolution: AlertResolution, now: Date): Promise<void> {
  await db.query("update ledger.alerts set closed_at = $2, resolution = $3 where id = $1 and closed_at is null", [
    id,
    now,
    resolution,
  ]);
}

/**
 * Dismisses an open alert in somebody's name, with the partitions that it waits for. Throws NotFoundError, and RunStateError for
 * one that is closed.
 */
export async function dismissAlert(pool: Pool, id: string, by: string): Promise<Alert> {
  return inTransaction(pool, async (client) => {
    const { rowCount } = await client.query(
      `update ledger.alerts set closed_at = clock_timestamp(), resolution = 'dismissed', closed_by = $2
       where id = $1 and closed_at is null`,
      [id, by],
    );
    const alert = await readAlert(client, id);
    if (rowCount === 0) throw new RunStateError(`alert ${id} is closed already`);
    await client.query(
      `update ledger.late_partitions set state = 'given_up', closed_at = clock_timestamp()
       where alert_id = $1 and closed_at is null`,
      [id],
    );
    return alert;
  });
}

/** Closes the open alerts about arrivals that wait for no partition any more. */
export async function closeArrived(db: Queryable, now: Date): Promise<void> {
  await db.query(
    `update ledger.alerts a
     set closed_at = $1,
         resolution = case when exists (select from ledger.late_partitions where alert_id = a.id and state = 'given_up')
                           then 'given_up' else 'arrived' end
     where kind = 'arrival' and closed_at is null
       and not exists (select from ledger.late_partitions where alert_id = a.id and closed_at is null)`,
    [now],
  );
}

export interface AlertFilter {
  readonly dataset?: DatasetName | undefined;
  readonly kind?: AlertKind | undefined;
  readonly state?: AlertState | undefined;
  /** The cursor of the previous page: only alerts older than that one. */
  readonly before?: string | undefined;
  readonly limit: number;
}

/** Returns one page of alerts, the newest first. Throws InvalidInputError for an unknown cursor. */
export async function listAlerts(
  db: Queryable,
  filter: AlertFilter,
): Promise<{ alerts: Alert[]; nextCursor: string | null }> {
  const { rows } = await db.query<AlertRow>(
    `${SELECT_ALERT}
     where ($1::text is null or dataset = $1) and ($2::text is null or kind = $2)
       and ($3::text is null or (closed_at is null) = ($3 = 'open'))
       and ($4::uuid is null or (opened_at, id) < (select opened_at, id from ledger.alerts where id = $4))
     order by opened_at desc, id desc limit $5`,
    [filter.dataset ?? null, filter.kind ?? null, filter.state ?? null, filter.before ?? null, filter.limit + 1],
  );
  if (rows.length === 0 && filter.before !== undefined) {
    await requireCursor(db, filter.before, "exists (select from ledger.alerts where id = $1)");
  }
  const alerts = rows.slice(0, filter.limit).map(toAlert);
  return { alerts, nextCursor: rows.length > filter.limit ? (alerts.at(-1)?.id ?? null) : null };
}

/** Returns the alerts of a dataset that are about a partition, by its name, the newest first. */
export async function alertsAbout(
  db: Queryable,
  dataset: DatasetName,
  partition: string,
  limit: number,
): Promise<Alert[]> {
  const { rows } = await db.query<AlertRow>(
    `${SELECT_ALERT}
     where dataset = $1 and first_partition <= $2 and last_partition >= $2 order by opened_at desc, id desc limit $3`,
    [dataset, partition, limit],
  );
  return rows.map(toAlert);
}

/** Counts the open alerts by dataset and kind. */
export async function countOpenAlerts(
  db: Queryable,
): Promise<{ dataset: DatasetName; kind: AlertKind; alerts: number }[]> {
  const { rows } = await db.query<{ dataset: DatasetName; kind: AlertKind; alerts: number }>(
    "select dataset, kind, count(*) as alerts from ledger.alerts where closed_at is null group by 1, 2",
  );
  return rows;
}

/**
 * Puts a message for each alert that was opened or closed into the webhook's outbox, once. What was over before anybody could be told
 * is told nobody.
 */
export async function tellOfAlerts(client: Client, now: Date): Promise<void> {
  const { rows } = await client.query<AlertRow>(
    `${SELECT_ALERT}
     where opening_told_at is null or closed_at is not null and closing_told_at is null
     order by opened_at, id for no key update`,
  );
  for (const row of rows) {
    const alert = toAlert(row);
    const isOver = alert.state === "closed";
    if (row.openingToldAt === null && isOver && now.getTime() - Date.parse(alert.openedAt) > OLD_NEWS_MS) {
      await client.query("update ledger.alerts set opening_told_at = $2, closing_told_at = $2 where id = $1", [
        row.id,
        now,
      ]);
      continue;
    }
    if (row.openingToldAt === null)
      await tell(client, "alert.opened", { ...alert, state: "open", closedAt: null, resolution: null }, now);
    if (isOver) await tell(client, "alert.closed", alert, now);
  }
}

/** From when on an alert that is over needs no telling: there was no webhook when it was opened. */
const OLD_NEWS_MS = 24 * 3_600_000;

async function tell(
  client: Client,
  type: AlertMessage["type"],
  { closedBy: _closedBy, openingToldAt: _openingToldAt, closingToldAt: _closingToldAt, ...data }: Alert,
  now: Date,
): Promise<void> {
  const message: AlertMessage = { type, timestamp: now.toISOString(), data };
  await addOutboxMessage(client, message);
  const column = type === "alert.opened" ? "opening_told_at" : "closing_told_at";
  await client.query(`update ledger.alerts set ${column} = $2 where id = $1`, [data.id, now]);
}

async function readAlert(db: Queryable, id: string): Promise<Alert> {
  const { rows } = await db.query<AlertRow>(`${SELECT_ALERT} where id = $1`, [id]);
  if (rows[0] === undefined) throw new NotFoundError(`there is no alert ${id}`);
  return toAlert(rows[0]);
}

interface AlertRow extends Omit<Alert, "openedAt" | "closedAt" | "state" | "openingToldAt" | "closingToldAt"> {
  readonly openedAt: Date;
  readonly closedAt: Date | null;
  readonly openingToldAt: Date | null;
  readonly closingToldAt: Date | null;
}

const SELECT_ALERT = `
  select id, dataset, kind, cause, resolution, message, first_partition as "firstPartition", last_partition as "lastPartition",
         (select count(*) from ledger.late_partitions l where l.alert_id = a.id and l.state = 'late')::integer as late,
         (select count(*) from ledger.late_partitions l where l.alert_id = a.id and l.state = 'missing')::integer as missing,
         opened_at as "openedAt", closed_at as "closedAt", closed_by as "closedBy", opening_told_at as "openingToldAt",
         closing_told_at as "closingToldAt"
  from ledger.alerts a`;

function toAlert({ openedAt, closedAt, openingToldAt, closingToldAt, ...row }: AlertRow): Alert {
  return {
    ...row,
    state: closedAt === null ? "open" : "closed",
    openedAt: openedAt.toISOString(),
    closedAt: closedAt?.toISOString() ?? null,
    openingToldAt: openingToldAt?.toISOString() ?? null,
    closingToldAt: closingToldAt?.toISOString() ?? null,
  };
}
