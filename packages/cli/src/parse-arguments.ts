import type { DatasetName } from "@lethe/contracts/datasets";
import { InvalidInputError } from "@lethe/contracts/errors";
import { formatCount } from "@lethe/contracts/format-number";
import { parseRangeEnd, partitionPath } from "@lethe/contracts/partition";
import { RUN_ID_START } from "@lethe/contracts/runs";
import type { Datasets } from "@lethe/datasets/create-datasets";
import { InvalidArgumentError } from "commander";

/** Reads the names of jobs; `all` stands for all of them in the order of a full load. Throws InvalidInputError. */
export function parseJobs(names: readonly string[], datasets: Pick<Datasets, "names" | "has">): DatasetName[] {
  return names.flatMap((name) => {
    if (name === "all") return datasets.names;
    if (datasets.has(name)) return name;
    throw new InvalidInputError(`unknown job "${name}"; jobs are ${datasets.names.join(", ")}, or all`);
  });
}

/** Checks a run's range: each end a date or a date and hour, the first not after the last. Throws InvalidInputError. */
export function checkRange(range: { readonly from?: string | undefined; readonly to?: string | undefined }): void {
  const from = checkRangeEnd("from", range.from);
  const to = checkRangeEnd("to", range.to);
  if (from !== undefined && to !== undefined && from > to) {
    throw new InvalidInputError("--from is after --to, and no hour of input lies between them: swap them");
  }
}

function checkRangeEnd(end: "from" | "to", text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const partition = parseRangeEnd(text, end);
  if (partition === undefined) {
    throw new InvalidInputError(`--${end} must be an existing date as YYYY-MM-DD, or date and hour as YYYY-MM-DDTHH`);
  }
  return partitionPath(partition);
}

/** Creates a parser of whole numbers within limits (both included), for an option of commander. */
export function integerBetween(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${formatCount(min)} to ${formatCount(max)}.`);
  };
}

/** Reads a number like `0.005`, for an option of commander. */
export function parseNumber(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value)) return value;
  throw new InvalidArgumentError("It must be a number.");
}

/** Reads a run's id, for an option of commander. */
export function parseRunId(text: string): string {
  return parseUuid(text, "It must be a run's id, as `lethe runs list` shows it.");
}

/** Reads what a run's id begins with, for an option of commander. */
export function parseRunIdStart(text: string): string {
  if (new RegExp(RUN_ID_START).test(text)) return text;
  throw new InvalidArgumentError("It must be the beginning of a run's id, of four hexadecimal digits at least.");
}

/** Reads an instant, for an option of commander: in ISO 8601, with its zone. */
export function parseInstant(text: string): string {
  const isComplete = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/.test(text);
  if (isComplete && !Number.isNaN(Date.parse(text))) return new Date(text).toISOString();
  throw new InvalidArgumentError(
    "It must be an instant with its zone, such as 2020-01-31T05:00:00Z or 2020-01-31T05:00:00+01:00.",
  );
}

/** Reads an alert's id, for an argument of commander. */
export function parseAlertId(text: string): string {
  return parseUuid(text, "It must be an alert's id, as `lethe alerts` shows it.");
}

/** Reads what an erasure or its receipt is found by, for an argument of commander: the receipt's number, or the erasure's id. */
export function parseErasureKey(text: string): string {
  if (isNumber(text)) return text;
  return parseUuid(text, "It must be a receipt's number, or the id of its erasure; `lethe erasure list` shows both.");
}

/** Reads several of those. */
export function parseErasureKeys(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), parseErasureKey(text)];
}

/** Reads a request's id, for an argument of commander. */
export function parseRequestId(text: string): string {
  if (isNumber(text)) return text;
  return parseUuid(text, "It must be a request's id, as `lethe erasure requests` shows it.");
}

/** Reads a question's id, for an argument of commander. */
export function parseQuestionId(text: string): string {
  return parseUuid(text, "It must be a question's id, as `lethe erasure questions` shows it.");
}

/** Reads a dead letter's id, for an argument of commander. */
export function parseDeadLetterId(text: string): string {
  return parseUuid(text, "It must be a dead letter's id, as `lethe dead-letters list` shows it.");
}

function isNumber(text: string): boolean {
  return /^[1-9]\d{0,14}$/.test(text);
}

function parseUuid(text: string, complaint: string): string {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) return text.toLowerCase();
  throw new InvalidArgumentError(complaint);
}

/** Parses a partition: a day or an hour of it. */
export function parsePartitionOption(text: string): string {
  if (parseRangeEnd(text, "from") !== undefined) return text;
  throw new InvalidArgumentError("It must be an existing date as YYYY-MM-DD, or date and hour as YYYY-MM-DDTHH.");
}

/** Parses a day. */
export function parseDate(text: string): string {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text) && parseRangeEnd(text, "from") !== undefined) return text;
  throw new InvalidArgumentError("It must be an existing date as YYYY-MM-DD.");
}
