import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import type { AlertMessage } from "@lethe/contracts/checks";
import { createDatasets } from "@lethe/datasets/create-datasets";
import { parseChecks } from "@lethe/quality/checks-file";
import { HOUR_MS, hourOf, hourOfDay, partitionOf } from "@lethe/quality/partition-hours";
import { createLogger } from "@lethe/service-kit/logger";
import type { Pool } from "@lethe/warehouse/pool";
import { inTransaction } from "@lethe/warehouse/pool";
import { dismissAlert, listAlerts } from "@lethe/warehouse/quality/alerts";
import { listResults } from "@lethe/warehouse/quality/check-results";
import { countPartitions } from "@lethe/warehouse/quality/count-partitions";
import { Webhook } from "standardwebhooks";
import { describe, expect } from "vitest";
import { it } from "../../../../packages/warehouse/test/ledger-database.js";
import { addBatch, addFile, addRun, addSegment } from "../../../../packages/warehouse/test/ledger-rows.js";
import { deliverWebhooks, readWebhook } from "../webhook/deliver-webhooks.js";
import { checkData, type DataChecks } from "./check-data.js";

const MINUTE = 60_000;
const DAY = 24;
/** A Monday's first hour. */
const START = Date.parse("2026-03-02T00:00:00Z") / HOUR_MS;
const MONTH = 31 * DAY;
const datasets = createDatasets();
const fields = datasets.checkedFields.get("customers") ?? [];

function dataChecks(pool: Pool, changes: Partial<DataChecks> = {}): DataChecks {
  const checks = parseChecks(undefined, datasets.checkedFields);
  return { pool, datasets: datasets.all, checks, rules: { on: false, subMinute: false }, tells: true, ...changes };
}

/** What comes in an hour. */
interface Delivery {
  readonly hour: number;
  readonly dataset: "customers" | "transactions";
  readonly rows: number;
  readonly duplicates: number;
  readonly noEmail: number;
  readonly noPhone: number;
}

/** A generator of numbers from 0 to 1 that is the same each time (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** An hour as usual: more by day than by night, half on weekends, with a fifth of noise and a few defects. */
function usual(dataset: Delivery["dataset"], hour: number, random: () => number): Delivery {
  const isWeekend = Math.floor((hour - START) / DAY) % 7 >= 5;
  const level = (120 + 80 * Math.sin((Math.PI * hourOfDay(hour)) / 24)) * (isWeekend ? 0.5 : 1);
  const rows = Math.round(level * (0.8 + 0.4 * random()));
  const some = (share: number) => Math.round(rows * share * random());
  return { dataset, hour, rows, duplicates: some(0.02), noEmail: some(0.02), noPhone: some(0.2) };
}

/** Records a file as loaded and archived, as its run has closed at this time. */
async function deliver(
  pool: Pool,
  { dataset, hour, rows, duplicates, noEmail, noPhone }: Delivery,
  at: number,
): Promise<void> {
  const { date, hour: ofDay } = partitionOf(hour);
  const rejected = duplicates + noEmail;
  await inTransaction(pool, async (client) => {
    const runId = await addRun(client, { job: dataset, state: "succeeded" });
    const batchId = await addBatch(client, runId, { state: "loaded" });
    const fileId = await addFile(client, runId, {
      dataset,
      path: `date=${date}/hour=${ofDay}/${dataset}.json`,
      partition_date: date,
      partition_hour: ofDay,
      state: "done",
      created_at: new Date(at),
      records_in: rows,
      records_loaded: rows - rejected,
      records_rejected: rejected,
    });
    const lacking = { email: [noEmail, noEmail], phone_number: [noPhone, noPhone] };
    await addSegment(client, batchId, fileId, { line_count: rows, lacking: JSON.stringify(lacking) });
    await client.query(
      `insert into ledger.quarantine (dataset, reason, run_id, batch_id, file_id, line, pointer, message, payload)
       select $1, case when n <= $5 then 'duplicate' else 'schema' end, $2, $3, $4, n, case when n > $5 then '/email' end, '', '{}'
       from generate_series(1, $6::integer) as n`,
      [dataset, runId, batchId, fileId, duplicates, rejected],
    );
    await countPartitions(client, runId, datasets.checkedFields.get(dataset) ?? []);
  });
}

const day = (n: number, hour = 0) => START + n * DAY + hour;
const GONE = day(16, 9);
const THIN = day(18, 14);
const NO_EMAIL = day(20, 11);
const TWICE = day(22);
const LATE = day(24, 8);
const STOPPED = day(26);
const RESUMED = day(27, 6);

/** The hour in which a delivery of customers comes, and what it then is: faults are put in. */
function withFaults(delivery: Delivery): { comesIn: number; delivery: Delivery } {
  const { hour, rows } = delivery;
  if (hour === GONE) return { comesIn: day(18, 12), delivery };
  if (hour === LATE) return { comesIn: LATE + 3, delivery };
  if (hour >= STOPPED && hour < RESUMED) return { comesIn: RESUMED + 1, delivery };
  const comesIn = hour + 1;
  if (hour === THIN)
    return { comesIn, delivery: { ...delivery, rows: Math.round(rows / 10), duplicates: 0, noEmail: 0, noPhone: 0 } };
  if (hour === NO_EMAIL) return { comesIn, delivery: { ...delivery, noEmail: rows, duplicates: 0 } };
  if (hour >= TWICE && hour < TWICE + DAY) return { comesIn, delivery: { ...delivery, duplicates: rows, noEmail: 0 } };
  return { comesIn, delivery };
}

const name = (hour: number) => `${partitionOf(hour).date}T${String(hourOfDay(hour)).padStart(2, "0")}`;
const at = (hour: number, minutes: number) => new Date(hour * HOUR_MS + minutes * MINUTE).toISOString();

describe("a month of files", { timeout: 400_000 }, () => {
  it("alerts each fault once, in time, and its end once; what is as usual alerts nobody", async ({ pool }) => {
    const random = seeded(7);
    const work = dataChecks(pool);
    const coming = new Map<number, Delivery[]>();
    const expectIn = (hour: number, delivery: Delivery) => coming.set(hour, [...(coming.get(hour) ?? []), delivery]);
    for (let hour = START; hour < START + MONTH; hour += 1) {
      const { comesIn, delivery } = withFaults(usual("customers", hour, random));
      expectIn(comesIn, delivery);
      expectIn(hour + 1, usual("transactions", hour, random));
    }
    for (let hour = START + 1; hour <= START + MONTH; hour += 1) {
      for (const delivery of coming.get(hour) ?? [])
        await deliver(pool, delivery, hour * HOUR_MS + Math.round(10 * random()) * MINUTE);
      await checkData(work, new Date(hour * HOUR_MS + 50 * MINUTE));
    }
    const { alerts } = await listAlerts(pool, { limit: 100 });
    const told = alerts
      .reverse()
      .map(({ dataset, cause, firstPartition, lastPartition, openedAt, closedAt, resolution }) => ({
        what: `${dataset} ${cause}`,
        partitions: [firstPartition, lastPartition],
        openedAt,
        closedAt,
        resolution,
      }));
    const one = (what: string, first: number, last: number, opened: number, closed: number, resolution: string) => ({
      what: `customers ${what}`,
      partitions: [name(first), name(last)],
      openedAt: at(opened, 50),
      closedAt: at(closed, 50),
      resolution,
    });
    expect(told).toEqual([
      one(`arrival ${name(GONE)}`, GONE, GONE, GONE + 1, day(18, 12), "arrived"),
      one("rowCount", THIN, THIN, THIN + 1, THIN + 2, "recovered"),
      one("email", NO_EMAIL, NO_EMAIL, NO_EMAIL + 1, NO_EMAIL + 2, "recovered"),
      one("duplicateValues", TWICE, TWICE + DAY - 1, TWICE + 1, TWICE + DAY + 1, "recovered"),
      one(`arrival ${name(LATE)}`, LATE, LATE, LATE + 1, LATE + 3, "arrived"),
      one(`arrival ${name(STOPPED)}`, STOPPED, RESUMED - 1, STOPPED + 1, RESUMED + 1, "arrived"),
    ]);
    const messages = await receive(pool);
    expect(messages.map(({ type, data }) => `${type} ${data.cause}`).sort()).toEqual(
      alerts.flatMap(({ cause }) => [`alert.closed ${cause}`, `alert.opened ${cause}`]).sort(),
    );
    expect(messages[0]).toMatchObject({
      type: "alert.opened",
      timestamp: at(GONE + 1, 50),
      data: { dataset: "customers", kind: "arrival", state: "open", firstPartition: name(GONE) },
    });
    await checkData(work, new Date((START + MONTH) * HOUR_MS + 51 * MINUTE));
    expect(await receive(pool)).toEqual([]);
  });
});

/** Has the outbox delivered to a receiver that verifies what it gets as the standard's library does. */
async function receive(pool: Pool): Promise<AlertMessage[]> {
  const secret = `whsec_${randomBytes(32).toString("base64")}`;
  const received: AlertMessage[] = [];
  const verify = (body: string, headers: IncomingHttpHeaders) =>
    new Webhook(secret).verify(body, headers as Record<string, string>) as AlertMessage;
  const receiver = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      received.push(verify(Buffer.concat(pieces).toString("utf8"), request.headers));
      response.writeHead(204).end();
    });
  }).listen(0, "127.0.0.1");
  await once(receiver, "listening");
  const { port } = receiver.address() as AddressInfo;
  const webhook = readWebhook({ LETHE_WEBHOOK_URL: `http://127.0.0.1:${port}/`, LETHE_WEBHOOK_SECRET: secret });
  if (webhook === undefined) throw new Error("there is no webhook");
  await deliverWebhooks(pool, webhook, createLogger("scheduler", "silent", []));
  receiver.close();
  return received;
}

describe("checkData", () => {
  const now = new Date();
  const hoursLater = (hours: number) => new Date(now.getTime() + hours * HOUR_MS);

  it.for(["0001-01-01", "9999-12-31"])(
    "judges a partition of %s, and alerts nobody about it",
    async (date, { pool }) => {
      const text = "datasets: { customers: { quality: [{ metric: rowCount, mustBeGreaterThan: 50 }] } }";
      const work = dataChecks(pool, { checks: parseChecks(text, datasets.checkedFields) });
      const deliverRows = (hour: number, rows: number) =>
        deliver(pool, { dataset: "customers", hour, rows, duplicates: 0, noEmail: 0, noPhone: 0 }, now.getTime());
      await deliverRows(hourOf({ date, hour: 23 }), 1);
      await checkData(work, now);
      const { checks } = await listResults(pool, { limit: 10 });
      expect(checks).toMatchObject([{ partition: `${date}T23`, check: "rowCount", passed: false }]);
      // A partition of today that is wrong is a matter of its own, and over with the next that is right.
      const today = Math.floor(now.getTime() / HOUR_MS) - 3;
      await deliverRows(today, 1);
      await checkData(work, now);
      await deliverRows(today + 1, 60);
      await checkData(work, now);
      const { alerts } = await listAlerts(pool, { limit: 10 });
      expect(alerts).toMatchObject([{ cause: "rowCount", resolution: "recovered" }]);
      expect(alerts[0]?.firstPartition).toBe(alerts[0]?.lastPartition);
    },
  );

  it("notices once that a job's own schedule does not fire, and that it does again", async ({ pool }) => {
    const work = dataChecks(pool, { rules: { on: true, subMinute: false } });
    await checkData(work, now);
    await checkData(work, hoursLater(2));
    await checkData(work, hoursLater(3));
    const open = (await listAlerts(pool, { limit: 10, state: "open" })).alerts;
    expect(open.map(({ dataset, kind }) => `${dataset} ${kind}`).sort()).toEqual([
      "customers schedule",
      "transactions schedule",
    ]);
    await pool.query("update ledger.schedules set last_fired_at = $1", [hoursLater(3)]);
    await checkData(work, hoursLater(3));
    expect((await listAlerts(pool, { limit: 10 })).alerts.map(({ resolution }) => resolution)).toEqual([
      "recovered",
      "recovered",
    ]);
  });

  it("notices once that runs fail because of their records, until one with records succeeds", async ({ pool }) => {
    const work = dataChecks(pool);
    let minutes = 0;
    const later = () => new Date(now.getTime() + ++minutes * MINUTE);
    const end = async (state: string, columns = {}, records = 100) => {
      const at = later();
      const runId = await addRun(pool, { job: "customers", state, requested_at: at, finished_at: at, ...columns });
      const batchId = await addBatch(pool, runId, { state: "loaded" });
      await pool.query("update ledger.batches set records_in = $2 where id = $1", [batchId, records]);
    };
    const tooMany = { error_code: "too_many_rejects", error_message: "60 of 100 records are at fault." };
    const found = async () => {
      await checkData(work, later());
      const { alerts } = await listAlerts(pool, { limit: 10, kind: "run" });
      return alerts.map(({ dataset, cause, resolution }) => `${dataset} ${cause} ${resolution ?? "open"}`);
    };
    expect(await found()).toEqual([]);
    await end("failed", { error_code: "batches_failed" });
    await end("failed", { ...tooMany, kind: "replay" });
    await end("failed", { ...tooMany, job: "products" });
    const products = "products run too_many_rejects open";
    expect(await found()).toEqual([products]);
    await end("failed", tooMany);
    await end("failed", tooMany);
    const open = "customers run too_many_rejects open";
    expect(await found()).toEqual([open, products]);
    // None of these says that records are right again.
    await end("succeeded", {}, 0);
    await end("succeeded", { kind: "backfill" });
    await end("cancelled");
    await end("failed", { error_code: "batches_failed" });
    expect(await found()).toEqual([open, products]);
    await end("failed", { ...tooMany, error_code: "too_many_late_references" });
    expect(await found()).toEqual(["customers run too_many_late_references open", open, products]);
    await end("succeeded_with_warnings");
    const over = ["customers run too_many_late_references recovered", "customers run too_many_rejects recovered"];
    expect(await found()).toEqual([...over, products]);
    const messages = await receive(pool);
    expect(messages.map(({ type, data }) => `${type} ${data.dataset} ${data.cause}`).sort()).toEqual([
      "alert.closed customers run too_many_late_references",
      "alert.closed customers run too_many_rejects",
      "alert.opened customers run too_many_late_references",
      "alert.opened customers run too_many_rejects",
      "alert.opened products run too_many_rejects",
    ]);
    expect(messages[0]?.data.message).toMatch(/^Run [-0-9a-f]{36} of \w+ failed: 60 of 100 records are at fault\.$/);
  });

  it("takes up an alert about a run that somebody has dismissed only when another run fails", async ({ pool }) => {
    const work = dataChecks(pool);
    const fail = (at: Date) =>
      addRun(pool, {
        ...{ job: "customers", state: "failed", error_code: "too_many_rejects", error_message: "All." },
        ...{ requested_at: at, finished_at: at },
      });
    const open = async () => (await listAlerts(pool, { limit: 10, kind: "run", state: "open" })).alerts;
    const long = new Date(now.getTime() - HOUR_MS);
    await fail(long);
    await checkData(work, long);
    await dismissAlert(pool, (await open())[0]?.id ?? "", "somebody");
    await checkData(work, hoursLater(1));
    expect(await open()).toEqual([]);
    await fail(hoursLater(2));
    await checkData(work, hoursLater(2));
    expect(await open()).toHaveLength(1);
  });

  it("leaves it to a scheduler that does it already", async ({ pool, client }) => {
    await client.query("select pg_advisory_xact_lock(hashtextextended('lethe check data', 0))");
    expect(await checkData(dataChecks(pool), now)).toBe(false);
    await client.query("rollback");
    expect(await checkData(dataChecks(pool), now)).toBe(true);
  });

  it("holds what is stated against a partition and the age of the newest, and counts only declared fields", async ({
    pool,
  }) => {
    const text = `
datasets:
  customers:
    quality: [{ metric: rowCount, mustBeGreaterThan: 50 }, { metric: freshness, mustBeLessThan: 5 }]
`;
    const work = dataChecks(pool, { checks: parseChecks(text, datasets.checkedFields) });
    const hour = Math.floor(now.getTime() / HOUR_MS) - 1;
    await deliver(pool, { dataset: "customers", hour, rows: 40, duplicates: 1, noEmail: 2, noPhone: 3 }, now.getTime());
    const { rows } = await pool.query("select * from ledger.partition_stats");
    expect(rows).toMatchObject([
      {
        records_in: 40,
        records_loaded: 37,
        duplicates: 1,
        faults: 2,
        faults_of: { email: 2 },
        nulls: { email: 2, phone_number: 3 },
      },
    ]);
    expect(Object.keys(rows[0].faults_of).every((field) => fields.includes(field))).toBe(true);
    await checkData(work, now);
    await checkData(work, hoursLater(6));
    const causes = (await listAlerts(pool, { limit: 10 })).alerts.map(({ cause, kind }) => `${kind} ${cause}`);
    expect(causes).toEqual(["freshness freshness", "quality rowCount"]);
  });
});
