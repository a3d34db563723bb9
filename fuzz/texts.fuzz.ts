import { ReceiptSchema } from "@lethe/contracts/erasures";
import { ConfigurationError, InvalidInputError, StagedObjectError } from "@lethe/contracts/errors";
import { isCalendarDate, parsePartition, parseRangeEnd, partitionPath } from "@lethe/contracts/partition";
import { BatchManifestSchema, BatchSummarySchema, MaskedPayloadsSchema } from "@lethe/contracts/staged-batch";
import { checkSchedule } from "@lethe/service-kit/cron/check-schedule";
import { COMMON_SETTINGS, readSettings } from "@lethe/service-kit/settings";
import fc from "fast-check";
import Type from "typebox";
import { describe, expect } from "vitest";
import { checkReceiptText } from "../packages/cli/src/receipt-file.js";
import { sampleReceipt } from "../packages/cli/test/sample-receipt.js";
import { MONEY_PATTERN, multiplyMoney, parseMoney } from "../packages/datasets/src/cleaning/money.js";
import { toE164 } from "../packages/datasets/src/cleaning/phone.js";
import { cleanAddress, cleanEmail, cleanPostcode, cleanText } from "../packages/datasets/src/cleaning/text.js";
import { parseDay, parseInstant } from "../packages/datasets/src/cleaning/timestamp.js";
import { datasets } from "../packages/datasets/test/records.js";
import { parsePolicy } from "../packages/privacy/src/policy.js";
import { parseKeyring } from "../packages/privacy/src/privacy-key.js";
import { readPolicy } from "../packages/privacy/src/read-policy.js";
import { readJson } from "../packages/storage/src/json-object.js";
import type { Staging } from "../packages/storage/src/staging.js";
import { fuzz } from "./harness/fuzz.js";
import { anyText, mutated } from "./harness/inputs.js";

const RECEIPT = sampleReceipt();

/** Runs a reader; a failure that is not of the kinds that it may fail with is ours. */
function unlessRefused<T>(read: () => T, ...kinds: (new (message: string) => Error)[]): T | undefined {
  try {
    return read();
  } catch (error) {
    if (kinds.some((kind) => error instanceof kind)) return undefined;
    throw error;
  }
}

function nearText(...valid: string[]): fc.Arbitrary<string> {
  return fc.oneof(anyText, mutated(fc.constantFrom(...valid).map((text) => Buffer.from(text))).map(String));
}

function near(value: unknown): fc.Arbitrary<string> {
  return fc.oneof(
    nearText(JSON.stringify(value)),
    fc.jsonValue().map((any) => JSON.stringify(any)),
  );
}

describe("texts", () => {
  fuzz("parsePartition", 1, fc.tuple(nearText("date=2020-02-29"), nearText("hour=23")), ([date, hour]) => {
    const partition = parsePartition(date, hour);
    if (partition !== undefined) expect(partitionPath(partition)).toBe(`${date}/${hour}`);
  });

  fuzz("parseRangeEnd", 1, nearText("2020-01-31", "2020-01-31T05"), (text) => {
    const partition = parseRangeEnd(text, "to");
    if (partition !== undefined) expect(text.startsWith(partition.date)).toBe(true);
  });

  fuzz("isCalendarDate", 1, nearText("2020-02-29", "1900-02-29", "9999-12-31"), (text) => {
    const date = new Date(`${text}T00:00:00Z`);
    const isDate =
      /^\d{4}-\d\d-\d\d$/.test(text) &&
      !text.startsWith("0000") &&
      !Number.isNaN(date.getTime()) &&
      date.toISOString().startsWith(text);
    expect(isCalendarDate(text)).toBe(isDate);
  });

  const instants = [
    "2020-01-31T05:06:07.123456",
    "2020-01-31 05:06:07+05:30",
    "2020-W05-5T24:00Z[Europe/Zagreb]",
  ] as const;
  fuzz("parseInstant", 1, nearText(...instants, "Fri Jan 31 05:06:07 2020 CET", "31.01.2020 05:06:60"), (text) => {
    const parsed = parseInstant(text);
    if ("instant" in parsed) expect(new Date(parsed.instant).getTime()).not.toBeNaN();
    expect("day" in parseDay(text)).toBe("instant" in parsed);
  });

  fuzz("money", 1, fc.tuple(nearText("4.99", "9999999999.9999", "0.0001"), fc.nat(2_147_483_647)), ([text, factor]) => {
    if (!new RegExp(MONEY_PATTERN).test(text)) return;
    const [whole = "", fraction = ""] = text.split(".");
    const exact = BigInt(whole) * 10_000n + BigInt(fraction.padEnd(4, "0"));
    const amount = parseMoney(text);
    expect(BigInt(amount)).toBe(exact);
    const product = multiplyMoney(amount, factor);
    if (product !== undefined) expect(BigInt(product)).toBe(exact * BigInt(factor));
  });

  fuzz("cleaning of texts", 1, fc.tuple(anyText, fc.constantFrom("GB", "IE", null)), ([text, country]) => {
    for (const clean of [cleanText, cleanAddress, cleanEmail, cleanPostcode]) {
      const once = clean(text);
      expect(clean(once)).toBe(once);
    }
    expect(toE164(text, country) ?? "+0").toMatch(/^\+\d+$/);
  });

  fuzz("cron", 0.3, nearText("0 * * * *", "0 0 1 1,2 MON-FRI", "*/5 0 0 L * 1#2"), (text) => {
    unlessRefused(() => checkSchedule({ cron: text }, { subMinute: true }), InvalidInputError);
    unlessRefused(() => checkSchedule({ timezone: text }, { subMinute: true }), InvalidInputError);
  });

  const fields = datasets.fields;
  fuzz("policy", 0.3, near(readPolicy({}, fields)), (text) => {
    unlessRefused(() => parsePolicy(text, fields), ConfigurationError);
  });

  fuzz("keyring", 1, nearText("11".repeat(32), `${"ab".repeat(32)}\n${"cd".repeat(40)}`), (text) => {
    unlessRefused(() => parseKeyring(text), ConfigurationError);
  });

  const Settings = Type.Object({
    ...COMMON_SETTINGS,
    COUNT: Type.Integer({ default: 3, minimum: 1, maximum: 64 }),
    STRICT: Type.Boolean({ default: false }),
  });
  const MARK = "zq7value";
  const environment = fc.record(
    Object.fromEntries(
      Object.keys(Settings.properties).map((name) => [
        name,
        fc.oneof(
          nearText("postgres://a", "redis://a", "7", "true"),
          anyText.map((text) => MARK + text),
        ),
      ]),
    ),
    { requiredKeys: [] },
  );
  fuzz("settings", 0.3, environment, (given) => {
    try {
      const settings = readSettings(Settings, given);
      expect(settings.COUNT).toBeGreaterThanOrEqual(1);
      expect(settings.STRICT).toBeTypeOf("boolean");
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      expect(error.message).not.toContain(MARK);
    }
  });

  fuzz("receipts", 0.3, near(RECEIPT), (text) => {
    unlessRefused(() => checkReceiptText(text), InvalidInputError);
  });

  const segment = { fileId: 1, partition: { date: "2020-01-31", hour: 5 }, encoding: "json" };
  const staged = [
    [
      "manifest",
      BatchManifestSchema,
      { segments: [{ ...segment, firstOrdinal: 0, lineCount: 1, firstLine: 1 }], bytes: 3 },
    ],
    [
      "summary",
      BatchSummarySchema,
      {
        transformation: "01",
        suppressionEpoch: 1,
        policyVersion: "1",
        tables: [{ table: "stage_products", bytes: 1 }],
        rejectBytes: 0,
        rejectedByReason: { schema: 1 },
        segments: [{ records: 1, rejected: 0, masked: 0, processedBytes: 3 }],
      },
    ],
    ["masked payloads", MaskedPayloadsSchema, { always: { 0: { payload: "{}", pseudonym: null } }, byReason: {} }],
    ["receipt schema", ReceiptSchema, RECEIPT],
  ] as const;
  for (const [name, schema, valid] of staged) {
    fuzz(`staged JSON, ${name}`, 0.03, near(valid), async (text) => {
      const staging: Pick<Staging, "read"> = { read: async () => Buffer.from(text) };
      try {
        await readJson(staging as Staging, { runId: "run", batchId: "batch" }, name, schema);
      } catch (error) {
        if (!(error instanceof StagedObjectError)) throw error;
      }
    });
  }
});
