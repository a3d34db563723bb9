import type { CalendarState } from "@lethe/contracts/calendar-states";
import type { Mood } from "../../parts/state.js";

/** How each state of a partition is meant, and what it says. */
export const STATES: Readonly<Record<CalendarState, { readonly mood: Mood; readonly text: string }>> = {
  loaded: { mood: "good", text: "loaded" },
  partly_rejected: { mood: "warn", text: "partly rejected" },
  failed: { mood: "bad", text: "failed" },
  missing: { mood: "bad", text: "missing" },
  late: { mood: "warn", text: "late" },
  running: { mood: "busy", text: "running" },
  awaited: { mood: "plain", text: "expected, not due yet" },
};
/** What is said of an hour that is in no state. */
export const NOT_EXPECTED = "no file, none expected";
export const STATE_NAMES = Object.keys(STATES) as CalendarState[];
