/**
 * The states of a partition in a calendar, each by its letter. The first that applies counts, in this order. An hour that is not in the
 * calendar was never expected, and nothing has come of it.
 */
export const CALENDAR_STATES = {
  r: "running",
  f: "failed",
  p: "partly_rejected",
  l: "loaded",
  m: "missing",
  t: "late",
  a: "awaited",
} as const;
export type CalendarLetter = keyof typeof CALENDAR_STATES;
export type CalendarState = (typeof CALENDAR_STATES)[CalendarLetter];
export const CALENDAR_LETTERS = Object.keys(CALENDAR_STATES) as CalendarLetter[];
export const CALENDAR_STATE_NAMES = Object.values(CALENDAR_STATES);
