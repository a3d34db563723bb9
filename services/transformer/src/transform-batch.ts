import type { BatchManifest } from "@lethe/contracts/staged-batch";
import { createBatchOutput, type TransformOutput } from "./batch-output.js";
import type { OrdinalRange } from "./poison.js";
import { createRecordTransformer, type RecordContext } from "./transform-record.js";

export interface TransformInput extends RecordContext {
  readonly runId: string;
  readonly batchId: string;
  readonly manifest: BatchManifest;
  /** The batch's lines. */
  readonly lines: Buffer;
  /** Transforms the records of this range only. */
  readonly only?: OrdinalRange;
  /** Called before each record is worked on. */
  readonly onRecord?: (ordinal: number, line: Buffer) => void;
}

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const TAB = 0x09;
const SPACE = 0x20;

/** Parses, checks, masks and cleans a batch's records. A pure computation: it reads and writes nothing. */
export function transformBatch(input: TransformInput): TransformOutput {
  const { lines, only, onRecord } = input;
  const output = createBatchOutput(input.dataset, input.runId, input.batchId);
  const records = createRecordTransformer(input, output);
  let position = 0;
  for (const segment of input.manifest.segments) {
    records.startSegment(segment);
    for (let i = 0; i < segment.lineCount; i++) {
      const end = lines.indexOf(NEWLINE, position);
      const line = lines.subarray(position, end === -1 ? lines.length : end);
      position += line.length + 1;
      const ordinal = segment.firstOrdinal + i;
      if (isBlank(line) || (only !== undefined && !isWithin(ordinal, only))) continue;
      onRecord?.(ordinal, line);
      records.transform(line, i);
    }
    records.endSegment();
  }
  return output.end(records.schemaReport());
}

function isWithin(ordinal: number, { first, end }: OrdinalRange): boolean {
  return ordinal >= first && ordinal < end;
}

// White space alone. A line of NUL bytes, which a crash can leave at a file's end, is a record that must be reported.
function isBlank(line: Buffer): boolean {
  let i = 0;
  while (i < line.length && (line[i] === SPACE || line[i] === TAB || line[i] === RETURN)) i++;
  return i === line.length;
}
