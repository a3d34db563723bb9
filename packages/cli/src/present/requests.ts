import type { Request } from "@lethe/contracts/requests";
import { formatDays } from "./erasures.js";
import { formatTable } from "./table.js";
import { formatTime } from "./time.js";

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
