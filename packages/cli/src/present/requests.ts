import { formatDays } from "@lethe/contracts/format-number";
import { formatTime } from "@lethe/contracts/format-time";
import type { Request } from "@lethe/contracts/requests";
import { formatTable } from "./table.js";

/** Formats requests as a table, each with the time by which it must be answered. */
export function formatRequests(requests: readonly Request[]): string {
  return formatTable(
    [
      { title: "id" },
      { title: "state" },
      { title: "received" },
      { title: "due" },
      { title: "extended" },
      { title: "days open", align: "right" },
      { title: "days left", align: "right" },
    ],
    requests.map(({ id, state, receivedAt, due, isExtended, daysOpen, daysLeft }) => [
      id,
      state,
      formatTime(receivedAt),
      formatTime(due),
      isExtended ? "yes" : "no",
      formatDays(daysOpen),
      daysLeft === null ? "" : formatDays(daysLeft),
    ]),
  );
}
