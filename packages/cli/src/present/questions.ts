import { formatCount } from "@lethe/contracts/format-number";
import { formatTime } from "@lethe/contracts/format-time";
import type { Question } from "@lethe/contracts/questions";
import { formatTable } from "./table.js";

/** Formats open questions as a table. */
export function formatQuestions(questions: readonly Question[]): string {
  if (questions.length === 0) return "no question is open";
  return formatTable(
    [
      { title: "id" },
      { title: "question" },
      { title: "request", align: "right" },
      { title: "held records", align: "right" },
      { title: "opened" },
    ],
    questions.map(({ id, kind, requestId, heldRecords, openedAt }) => [
      id,
      kind,
      requestId === null ? "" : String(requestId),
      formatCount(heldRecords),
      formatTime(openedAt),
    ]),
  );
}
