import type { DatasetName } from "@lethe/contracts/datasets";
import { QUARANTINE_ROW_COLUMNS } from "@lethe/contracts/quarantine-row";
import type { Segment } from "@lethe/contracts/staged-batch";
import { createDatasets } from "@lethe/datasets/create-datasets";
import { strategiesOf } from "@lethe/privacy/policy";
import { parsePrivacyKey } from "@lethe/privacy/privacy-key";
import { readPolicy } from "@lethe/privacy/read-policy";
import type { FindSuppression, JudgeArrival } from "@lethe/privacy/suppression-list";
import { type TransformInput, transformBatch } from "../src/transform-batch.js";

export const KEY = parsePrivacyKey("11".repeat(32));
const DATASETS = createDatasets();
const POLICY = readPolicy({}, DATASETS.fields);

/** The lines of one file in a batch. */
export interface FileLines {
  readonly lines: readonly string[];
  readonly segment?: Partial<Segment>;
}

/** Transforms a batch of some files' lines; file 100 is the first one's id, 101 the second's. */
export async function transform(
  name: DatasetName,
  files: readonly FileLines[],
  options: Partial<
    Pick<
      TransformInput,
      "findSuppression" | "judgeArrival" | "dataset" | "poison" | "only" | "onRecord" | "schemaMode" | "refundMode"
    >
  > = {},
) {
  let ordinal = 0;
  const segments = files.map(({ lines, segment }, i): Segment => {
    const firstOrdinal = ordinal;
    ordinal += lines.length;
    return {
      fileId: 100 + i,
      partition: { date: "2020-01-31", hour: 5 },
      encoding: "json",
      firstOrdinal,
      lineCount: lines.length,
      firstLine: 1,
      ...segment,
    };
  });
  const lines = Buffer.from(files.flatMap((file) => file.lines.map((line) => `${line}\n`)).join(""));
  const output = transformBatch({
    runId: "run",
    batchId: "batch",
    dataset: DATASETS.get(name),
    manifest: { segments, bytes: lines.length },
    lines,
    ring: { current: KEY, all: [KEY] },
    findSuppression: () => undefined,
    judgeArrival: judgeBy(options.findSuppression ?? (() => undefined)),
    strategies: strategiesOf(POLICY, name),
    schemaMode: "quarantine",
    refundMode: "reject",
    maxNesting: 100,
    ...options,
  });
  const processed = Buffer.concat(output.processed.take());
  const index = readIndex(output.processedIndex);
  let offset = 0;
  return {
    ...output,
    rejects: readCopy(Buffer.concat(output.rejects.take()).toString()).map(toReject),
    rows: output.tables.map((table) => readCopy(Buffer.concat(table.take()).toString())),
    processedText: processed.toString(),
    /** The processed lines by ordinal, cut as the index says. */
    processed: index.map(({ ordinal, bytes }) => {
      const line = processed.subarray(offset, offset + bytes).toString();
      offset += bytes;
      return { ordinal, line, bytes };
    }),
    unindexedBytes: processed.length - index.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

/** Judges that id or email alone say whose a record is. */
function judgeBy(findSuppression: FindSuppression): JudgeArrival {
  return (customerId, email) => {
    const suppression = findSuppression(customerId, email);
    if (suppression === undefined) return { kind: "plain" };
    return { kind: "masked", suppression, bearsNew: false, hasSharedId: false };
  };
}

function readIndex(index: Buffer): { ordinal: number; bytes: number }[] {
  return Array.from({ length: index.length / 8 }, (_, i) => ({
    ordinal: index.readUInt32LE(i * 8),
    bytes: index.readUInt32LE(i * 8 + 4),
  }));
}

/** Reads COPY text format back into fields. */
function readCopy(text: string): (string | null)[][] {
  const special: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };
  const rows = text.split("\n").slice(0, -1);
  return rows.map((row) =>
    row
      .split("\t")
      .map((field) =>
        field === "\\N"
          ? null
          : field.replace(/\\([\s\S])/g, (_all, character: string) => special[character] ?? character),
      ),
  );
}

function toReject(fields: readonly (string | null)[]) {
  const [dataset, reason, runId, batchId, fileId, line, pointer, message, missingKey, payload, encoding, ...rest] =
    fields;
  const [subjectCustomerId, subjectEmail, quarantineId] = rest;
  if (fields.length !== Object.keys(QUARANTINE_ROW_COLUMNS).length)
    throw new Error("a reject has another number of fields than its table");
  return {
    dataset,
    reason,
    runId,
    batchId,
    fileId: Number(fileId),
    line: Number(line),
    pointer,
    message,
    missingKey,
    payload,
    encoding,
    subjectCustomerId,
    subjectEmail,
    quarantineId,
  };
}
