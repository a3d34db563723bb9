import { formatDay, formatInstant } from "../../format/instants.js";
import { State } from "../../parts/state.js";

/** In this many days or fewer, somebody should hurry. */
const FEW_DAYS = 7;

/** How long the legal clock still runs, in whole days, with the day itself for whoever points at it. */
export function DaysLeft({ daysLeft, due }: { daysLeft: number | null; due: string }) {
  if (daysLeft === null) return <span class="quiet">answered</span>;
  const days = Math.floor(Math.abs(daysLeft));
  const words = `${days} ${days === 1 ? "day" : "days"}`;
  return (
    <span title={`to be answered by ${formatInstant(due)}`}>
      {daysLeft < 0 ? (
        <State mood="bad">
          due {formatDay(due)} ({words} late)
        </State>
      ) : (
        <State mood={daysLeft <= FEW_DAYS ? "warn" : "good"}>
          due {formatDay(due)} ({words} left)
        </State>
      )}
    </span>
  );
}
