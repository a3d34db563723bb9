import type { Random } from "@lethe/sample-data/random";
import { below, createRandomForRecord } from "@lethe/sample-data/random";
import type { Answer, FileAnswer } from "../feed/answer.js";
import { makeFeed } from "../feed/make-feed.js";

/** A day of input, of which parts come late. */
export interface Day {
  readonly folder: string;
  readonly answer: Answer;
  /** What has not been handed in yet. It is taken off as it is. */
  readonly left: Delivery[];
}

export interface Delivery {
  /** Seconds after the day's first file. */
  readonly at: number;
  readonly what: FileAnswer | { readonly customerId: string; readonly email: string };
  /** Whether the day's customers must be loaded before: a request for somebody who has not come yet is another request. */
  readonly waitsForCustomers: boolean;
}

/** Files of a day come within this time; the few that are late, up to as much later. */
const SPREAD_SECONDS = 60;

/** Creates the input of a day and decides when each part of it comes. The same seed and number give the same day. */
export function makeDay(seed: number, number: number): Day {
  const random = createRandomForRecord(seed, "movedCustomer", number);
  const answer = makeFeed(seed, number, {
    erased: 1 + below(random, 12),
    erasedOtherwise: 1 + below(random, 3),
    isOneRun: false,
  });
  const files = answer.files.map((what) => ({
    at: timeOf(random),
    what,
    waitsForCustomers: what.dataset === "erasure-requests",
  }));
  const calls = answer.erasedOtherwise.map((what) => ({ at: timeOf(random), what, waitsForCustomers: true }));
  const left = [...files, ...calls].sort((a, b) => a.at - b.at);
  return { folder: answer.files[0]?.path.split("/")[0] ?? "", answer, left };
}

function timeOf(random: Random): number {
  const isLate = below(random, 5) === 0;
  return below(random, SPREAD_SECONDS) + (isLate ? SPREAD_SECONDS : 0);
}
