import type { DeadLetter } from "@lethe/contracts/dead-letters";
import { formatCount } from "@lethe/contracts/format-number";
import { formatTime } from "@lethe/contracts/format-time";
import { printable } from "@lethe/contracts/printable";
import type { Cell } from "./csv.js";
import { formatTable } from "./table.js";

/** Formats dead letters as a table: which job failed for good, when and why. */
export function formatDeadLetters(letters: readonly DeadLetter[]): string {
  return formatTable(
    [
      { title: "id" },
      { title: "job" },
      { title: "stage" },
      { title: "status" },
      { title: "failed at" },
      { title: "records", align: "right" },
      { title: "why" },
    ],
    letters.map((letter) => [
      letter.id,
      letter.job,
      letter.stage,
      letter.status,
      formatTime(letter.failedAt),
      letter.records === null ? "" : formatCount(letter.records),
      printable(`${letter.message} (${letter.code})`),
    ]),
  );
}

export const DEAD_LETTER_TITLES = [
  "id",
  "stage",
  "status",
  "job",
  "runId",
  "batchId",
  "code",
  "message",
  "records",
  "bytes",
  "failedAt",
] as const satisfies (keyof DeadLetter)[];

/** Returns a dead letter's cells under `DEAD_LETTER_TITLES`. */
export function deadLetterCells(letter: DeadLetter): Cell[] {
  return DEAD_LETTER_TITLES.map((title) => {
    const cell = letter[title];
    return typeof cell === "string" ? printable(cell) : cell;
  });
}
