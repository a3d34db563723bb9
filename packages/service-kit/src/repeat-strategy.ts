import { InvalidInputError } from "@lethe/contracts/errors";
import type { RepeatStrategy } from "bullmq";
import { nextTick } from "./cron/ticks.js";

/**
 * Returns when BullMQ fires a job scheduler next: at the tick that the rest of Lethe reckons with. BullMQ's own strategy picks a
 * time for `H` anew whenever it parses the pattern. A pattern that is not understood fires never, and keeps the queue's worker
 * from nothing.
 */
export const repeatStrategy: RepeatStrategy = (after, { pattern, tz }) => {
  try {
    return nextTick({ cron: pattern ?? "", timezone: tz ?? "UTC" }, new Date(after)).getTime();
  } catch (error) {
    if (error instanceof InvalidInputError || error instanceof RangeError) return undefined;
    throw error;
  }
};
