import { readFile } from "node:fs/promises";
import { type Receipt, ReceiptSchema } from "@lethe/contracts/erasures";
import { InvalidInputError } from "@lethe/contracts/errors";
import { checkReceiptChain } from "@lethe/warehouse/erasures/receipts";
import { Compile } from "typebox/compile";

const receiptCheck = Compile(ReceiptSchema);

export interface ReceiptFileCheck {
  /** Receipts in the order of the file. */
  readonly receipts: readonly Receipt[];
  /** What does not fit, each with the receipt that it is about. */
  readonly faults: readonly string[];
}

/** Reads and checks a file of exported receipts. Throws InvalidInputError when it cannot be read or holds none. */
export async function checkReceiptFile(file: string): Promise<ReceiptFileCheck> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw new InvalidInputError("the file that --receipts names cannot be read", { cause: error });
  }
  return checkReceiptText(text);
}

/**
 * Checks exported receipts: a JSON array, JSON lines, or a single receipt. The chain may begin anywhere, but from there on
 * nothing may be missing; a receipt alone is held against its own hash. Throws InvalidInputError for a text without any.
 */
export function checkReceiptText(text: string): ReceiptFileCheck {
  const entries = parseEntries(text);
  if (entries.length === 0) throw new InvalidInputError("the file holds no receipt");
  const receipts: Receipt[] = [];
  const faults: string[] = [];
  for (const [index, entry] of entries.entries()) {
    if (receiptCheck.Check(entry)) receipts.push(entry);
    else faults.push(`entry ${index + 1} of the file is no receipt`);
  }
  for (const { sequence, fault } of checkReceiptChain(receipts)) faults.push(`receipt ${sequence}: ${fault}`);
  return { receipts, faults };
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

/** Parses JSON. Returns undefined for text that is not JSON; such an entry is then reported as a faulty receipt. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
