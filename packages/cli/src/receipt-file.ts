import { type Receipt, ReceiptSchema } from "@lethe/contracts/erasures";
import { InvalidInputError } from "@lethe/contracts/errors";
import {
  type Checkpoint,
  CheckpointSchema,
  type LogEntry,
  LogEntrySchema,
  type VerifySignature,
} from "@lethe/contracts/proof";
import { checkLog, type LogFault } from "@lethe/warehouse/proof/check-log";
import { checkReceipt } from "@lethe/warehouse/proof/check-receipt";
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";

const LogHeaderSchema = Type.Object({
  log: Type.Object({ version: Type.Literal(1), entries: Type.Integer(), checkpoints: Type.Integer() }),
});
type LogHeader = Static<typeof LogHeaderSchema>;

const headerCheck = Compile(LogHeaderSchema);
const ALONE = { additionalProperties: false };
const checkpointCheck = Compile(Type.Object({ checkpoint: CheckpointSchema }, ALONE));
const entryCheck = Compile(Type.Object({ entry: LogEntrySchema }, ALONE));
const receiptCheck = Compile(ReceiptSchema);

export interface ReceiptFileCheck {
  readonly receipts: number;
  readonly entries: number;
  readonly checkpoints: readonly Checkpoint[];
  /** What does not fit, each with what it is about. */
  readonly faults: readonly string[];
  /** Entries or receipts that no signed checkpoint covers yet. */
  readonly unsigned: number;
  /** Whether receipts were checked one by one, as they are no log. */
  readonly isPiece: boolean;
  /** Whether signatures were checked. */
  readonly isSignatureChecked: boolean;
}

export interface ReceiptCheckOptions {
  readonly verifySignature?: VerifySignature | undefined;
  /** A checkpoint that was kept elsewhere. */
  readonly kept?: Checkpoint | undefined;
}

/** Formats a whole log as JSON lines. What comes first says how much follows, so that a file that was cut shows. */
export function formatLog(entries: readonly LogEntry[], checkpoints: readonly Checkpoint[]): string[] {
  const header: LogHeader = { log: { version: 1, entries: entries.length, checkpoints: checkpoints.length } };
  return [
    JSON.stringify(header),
    ...checkpoints.map((checkpoint) => JSON.stringify({ checkpoint })),
    ...entries.map((entry) => JSON.stringify({ entry })),
  ];
}

/**
 * Reads a checkpoint that was kept elsewhere: one of an export's lines, a receipt's, or a checkpoint alone; of several, the
 * newest. Throws InvalidInputError when the text holds none.
 */
export function parseCheckpoint(text: string): Checkpoint {
  const found = parseEntries(text).flatMap((value) => {
    if (checkpointCheck.Check(value)) return [value.checkpoint];
    return checkpointCheck.Check({ checkpoint: value }) ? [value as unknown as Checkpoint] : [];
  });
  const newest = found.toSorted((one, other) => one.number - other.number).at(-1);
  if (newest === undefined)
    throw new InvalidInputError(
      "--checkpoint: the file holds no checkpoint; name one of `lethe erasure export`, or a receipt",
    );
  return newest;
}

/**
 * Checks what was exported: a log (its entries and checkpoints), or receipts, which are held against the checkpoints that they
 * carry. Takes JSON lines, a JSON array, or a single value. Throws InvalidInputError for a text without any.
 */
export function checkReceiptText(text: string, options: ReceiptCheckOptions = {}): ReceiptFileCheck {
  const values = parseEntries(text);
  if (values.length === 0)
    throw new InvalidInputError(
      "--receipts: the file holds no receipt; name one of `lethe erasure export`, or of `lethe erasure receipt --json`",
    );
  const parts = sortOut(values);
  parts.strange.push(...repeatedNames(text));
  const isPiece = parts.receipts.length > 0 && parts.entries.length === 0 && parts.headers.length === 0;
  const check = isPiece ? checkReceipts(parts, options) : checkWholeLog(parts, options);
  return { ...check, isPiece, isSignatureChecked: options.verifySignature !== undefined };
}

interface Parts {
  readonly headers: readonly LogHeader[];
  readonly entries: readonly LogEntry[];
  readonly checkpoints: readonly Checkpoint[];
  readonly receipts: readonly Receipt[];
  readonly strange: string[];
}

function sortOut(values: readonly unknown[]): Parts {
  const headers: LogHeader[] = [];
  const entries: LogEntry[] = [];
  const checkpoints: Checkpoint[] = [];
  const receipts: Receipt[] = [];
  const strange: string[] = [];
  for (const [index, value] of values.entries()) {
    if (entryCheck.Check(value)) entries.push(value.entry);
    else if (receiptCheck.Check(value)) receipts.push(value);
    else if (checkpointCheck.Check(value)) checkpoints.push(value.checkpoint);
    else if (headerCheck.Check(value)) headers.push(value);
    else strange.push(`line ${index + 1} of the file is neither an entry of the log nor a receipt`);
  }
  return { headers, entries, checkpoints, receipts, strange };
}

function checkWholeLog(
  { headers, entries, checkpoints, receipts, strange }: Parts,
  { verifySignature, kept }: ReceiptCheckOptions,
): Omit<ReceiptFileCheck, "isPiece" | "isSignatureChecked"> {
  const check = checkLog(entries, checkpoints, { verifySignature, kept: kept === undefined ? [] : [kept] });
  const [header] = headers;
  const faults = [...strange];
  if (header === undefined) faults.push("the line that says how long the log is, is missing from the file's beginning");
  else if (header.log.entries !== entries.length || header.log.checkpoints !== checkpoints.length) {
    faults.push(
      `the file was cut: it holds ${entries.length} of ${header.log.entries} entries and ${checkpoints.length} of ${header.log.checkpoints} checkpoints`,
    );
  }
  if (receipts.length > 0) faults.push("the file holds receipts beside the log");
  return {
    receipts: entries.filter(({ kind }) => kind === "receipt").length,
    entries: entries.length,
    checkpoints,
    faults: [...faults, ...check.faults.map(nameFault)],
    unsigned: check.unsigned,
  };
}

function checkReceipts(
  { receipts, strange, checkpoints }: Parts,
  { verifySignature, kept }: ReceiptCheckOptions,
): Omit<ReceiptFileCheck, "isPiece" | "isSignatureChecked"> {
  if (kept !== undefined) {
    throw new InvalidInputError(
      "--checkpoint needs a whole log (`lethe erasure export --receipts FILE`), not receipts",
    );
  }
  const faults = receipts.flatMap((receipt) =>
    checkReceipt(receipt, verifySignature).map((fault) => `receipt ${receipt.sequence}: ${fault}`),
  );
  return {
    receipts: receipts.length,
    entries: receipts.length,
    checkpoints,
    faults: [...strange, ...faults],
    unsigned: receipts.filter(({ checkpoint }) => checkpoint === null).length,
  };
}

/** Describes a fault of the log: what does not fit, and where. */
export function nameFault({ sequence, checkpoint, erasureId, fault }: LogFault): string {
  if (sequence !== null) {
    return erasureId === null ? `entry ${sequence}: ${fault}` : `entry ${sequence} (erasure ${erasureId}): ${fault}`;
  }
  return checkpoint === null ? fault : `checkpoint ${checkpoint}: ${fault}`;
}

function parseEntries(text: string): unknown[] {
  const whole = parseJson(text);
  if (Array.isArray(whole)) return whole;
  if (whole !== undefined) return [whole];
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map(parseJson);
}

/**
 * Names the lines of JSON in which a name occurs twice in an object. Of such a name a reader sees one value, and the signature
 * may cover the other.
 */
function repeatedNames(text: string): string[] {
  if (parseJson(text) !== undefined) return isAsWritten(text) ? [] : ["the file repeats a name within an object"];
  return text
    .split("\n")
    .flatMap((line, i) =>
      line.trim() === "" || isAsWritten(line) ? [] : [`line ${i + 1} of the file repeats a name within an object`],
    );
}

/** Reports whether a text has no parts that are lost when it is parsed. White space between its parts does not count. */
function isAsWritten(text: string): boolean {
  const value = parseJson(text);
  if (value === undefined) return true;
  return countNames(JSON.stringify(value)) === countNames(text);
}

/** Counts the names of fields in JSON: strings with a colon behind them. */
function countNames(json: string): number {
  return [...json.matchAll(/"(?:[^"\\]|\\.)*"\s*(:?)/g)].filter(([, colon]) => colon === ":").length;
}

/** Parses JSON. Returns undefined for text that is not JSON; such a line is then reported. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
