import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { StagedObjectError } from "@lethe/contracts/errors";
import { type BatchSummary, ofLoad, ofTransformation, STAGED } from "@lethe/contracts/staged-batch";
import { openFolderStorage } from "@lethe/storage/folder-storage";
import { openStaging } from "@lethe/storage/staging";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { writePublished } from "./write-published.js";

const root = await mkdtemp(join(tmpdir(), "lethe-loader-"));
afterAll(() => rm(root, { recursive: true, force: true }));
const staging = openStaging(openFolderStorage(root));
const BATCH = { runId: "5f0c0d0e-6a54-4c0a-9a8e-0a5f6f0f3c11", batchId: "8b4f3a52-2f0f-4b7d-8a55-5cf6c3b0a0de" };

const own = (name: string) => ofTransformation("01", name);

interface Line {
  readonly text: string;
  /** Rejected by the transformer: it has an ordinal and no processed line. */
  readonly absent: boolean;
  /** Rejected by the loader. */
  readonly rejected: boolean;
}

/** Stages a transformed batch of these segments' lines and publishes it. */
async function publish(segments: readonly (readonly Line[])[]) {
  const numbered = segments.flat().map((line, ordinal) => ({ ...line, ordinal }));
  const present = numbered.filter(({ absent }) => !absent);
  const index = present.flatMap(({ ordinal, text }) => [ordinal, Buffer.byteLength(text)]);
  await staging.write(BATCH, own(STAGED.processed), [Buffer.from(present.map(({ text }) => text).join(""))]);
  await staging.write(BATCH, own(STAGED.processedIndex), [Buffer.from(Uint32Array.from(index).buffer)]);
  const rejects = numbered
    .filter(({ rejected }) => rejected)
    .map(({ ordinal }) => ({ ordinal, reason: "duplicate" as const, missingKey: null }));
  return writePublished(staging, BATCH, summaryOf(segments), rejects);
}

function summaryOf(segments: readonly (readonly Line[])[]): BatchSummary {
  return {
    schemaChanges: [],
    warnings: [],
    joined: 0,
    newQuestions: 0,
    transformation: "01",
    suppressionEpoch: 0,
    policyVersion: "1",
    tables: [],
    rejectBytes: 0,
    rejectedByReason: {},
    segments: segments.map((lines) => ({
      records: lines.length,
      rejected: lines.filter(({ absent }) => absent).length,
      masked: 0,
      processedBytes: lines.reduce((sum, { absent, text }) => sum + (absent ? 0 : Buffer.byteLength(text)), 0),
    })),
  };
}

const loadedText = (lines: readonly Line[]) =>
  lines
    .filter(({ absent, rejected }) => !absent && !rejected)
    .map(({ text }) => text)
    .join("");

const line: fc.Arbitrary<Line> = fc.record({
  text: fc.string({ unit: "grapheme", maxLength: 20 }).map((text) => `${JSON.stringify(text)}\n`),
  absent: fc.boolean(),
  rejected: fc.boolean(),
});

describe("writePublished", () => {
  it("writes each segment's loaded lines, in order, as a gzip member of its own", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(line, { maxLength: 8 }), { maxLength: 5 }), async (segments) => {
        const { attempt, parts } = await publish(segments);
        const published = await staging.read(BATCH, ofLoad(attempt));
        expect(parts).toHaveLength(segments.length);
        segments.forEach((lines, i) => {
          const { offset, bytes } = parts[i] ?? { offset: 0, bytes: 0 };
          const member = published.subarray(offset, offset + bytes);
          expect(bytes === 0 ? "" : gunzipSync(member).toString()).toBe(loadedText(lines));
        });
        const joined = published.length === 0 ? "" : gunzipSync(published).toString();
        expect(joined).toBe(segments.map(loadedText).join(""));
      }),
      { numRuns: 200 },
    );
  });

  it("does the same with segments that are packed in the background", async () => {
    const large = (letter: string) =>
      Array.from(
        { length: 100 },
        (_, i): Line => ({ text: `${letter.repeat(10_000)}${i}\n`, absent: i % 7 === 0, rejected: i % 5 === 0 }),
      );
    const segments = [large("a"), [], large("b")];
    const { attempt, parts } = await publish(segments);
    expect(parts[1]?.bytes).toBe(0);
    expect(gunzipSync(await staging.read(BATCH, ofLoad(attempt))).toString()).toBe(segments.map(loadedText).join(""));
  });

  it("leaves what another attempt has staged as it is, though it comes later", async () => {
    const line = (text: string): Line => ({ text, absent: false, rejected: false });
    const counts = await publish([[line("1\n")]]);
    const before = await staging.read(BATCH, ofLoad(counts.attempt));
    const late = await publish([[line("other\n"), line("lines\n")]]);
    expect(late.attempt).not.toBe(counts.attempt);
    expect(await staging.read(BATCH, ofLoad(counts.attempt))).toEqual(before);
  });

  it("fails for lines or an index that are not as long as the summary says", async () => {
    const segments = [
      [
        { text: "1\n", absent: false, rejected: false },
        { text: "2\n", absent: false, rejected: false },
      ],
    ];
    await publish(segments);
    await staging.write(BATCH, own(STAGED.processed), [Buffer.from("1\n")]);
    await expect(writePublished(staging, BATCH, summaryOf(segments), [])).rejects.toThrow(StagedObjectError);
    await staging.write(BATCH, own(STAGED.processed), [Buffer.from("1\n2\n")]);
    await staging.write(BATCH, own(STAGED.processedIndex), [Buffer.alloc(8)]);
    await expect(writePublished(staging, BATCH, summaryOf(segments), [])).rejects.toThrow(StagedObjectError);
  });
});
