import { unpackedBytes } from "@lethe/input-files/file-source";
import type { InputFormat } from "@lethe/input-files/input-format";
import type { ByteSource } from "@lethe/input-files/line-chunk";
import type { SearchedPeople } from "./searched-people.js";

/** What two pieces of a file share, so that nothing is missed that stands between them. */
const OVERLAP = 4 * 1024;

/**
 * Looks through a file for people without taking it apart into records, which costs several times as much, and ends where
 * it finds somebody. A CSV file may hold anybody: in a row, an id without its zeros is a number like any other.
 */
export async function mayHoldPeople(
  stored: ByteSource,
  format: InputFormat,
  people: SearchedPeople,
): Promise<{ readonly mayHold: boolean; readonly records: number; readonly bytes: number }> {
  let bytes = 0;
  let records = 0;
  if (format.shape === "csv") return { mayHold: true, records, bytes };
  const decoder = new TextDecoder();
  let tail = "";
  let tailBytes = Buffer.alloc(0);
  for await (const piece of unpackedBytes(stored, format.gzip)) {
    bytes += piece.length;
    const text = tail + decoder.decode(piece, { stream: true });
    if (people.find(text).length > 0) return { mayHold: true, records: 0, bytes };
    const whole = Buffer.concat([tailBytes, piece]);
    // Bytes that are no UTF-8 most often are Latin-1.
    if (text.includes("\ufffd") && people.find(whole.toString("latin1")).length > 0) {
      return { mayHold: true, records: 0, bytes };
    }
    tailBytes = Buffer.from(whole.subarray(-OVERLAP));
    records += countLines(text) - countLines(tail);
    tail = text.slice(-OVERLAP);
  }
  return { mayHold: false, records, bytes };
}

function countLines(text: string): number {
  let lines = 0;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) lines += 1;
  return lines;
}
