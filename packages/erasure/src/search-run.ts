import type { SearchedKind } from "@lethe/privacy/value-search";
import type { FailedAttempt } from "@lethe/warehouse/erasures/erasure-attempts";
import type { NewReviewFinding } from "@lethe/warehouse/erasures/review-findings";
import type { SearchEvents } from "./rewrite-found.js";

/** What one pass over tables and files has seen, by erasure. */
export interface SearchRun {
  readonly scan: { tables: number; records: number; files: number; bytes: number };
  /** What was not searched: tables and files that the pass left out, or could not read, and files that were not there. */
  readonly notSearched: { tables: number; files: number; missing: number };
  /** Erasures that cannot be completed yet, and the first reason for each. */
  readonly failures: Map<string, FailedAttempt>;
  /** Erasures of whose people something was found. */
  readonly found: Set<string>;
  /** Rows of `ledger.files` that records came from in which something was found. */
  readonly fileIds: Set<number>;
  fail(erasureIds: Iterable<string>, errorCode: string, place: string, name: string): void;
}

/** Starts a pass. */
export function startSearchRun(): SearchRun {
  const failures = new Map<string, FailedAttempt>();
  return {
    scan: { tables: 0, records: 0, files: 0, bytes: 0 },
    notSearched: { tables: 0, files: 0, missing: 0 },
    failures,
    found: new Set(),
    fileIds: new Set(),
    fail(erasureIds, errorCode, place, name) {
      for (const erasureId of erasureIds) {
        if (!failures.has(erasureId)) failures.set(erasureId, { erasureId, errorCode, place, name });
      }
    },
  };
}

/** What was masked in one place, a table or a file. */
export interface PlaceCounts extends SearchEvents {
  readonly place: string;
  readonly name: string;
  /** How often something was masked, or is left. */
  total(): number;
  /** Whether anything was masked, redacted, or has to be looked at by a person. */
  isChanged(): boolean;
  masked(): readonly { readonly erasureId: string; readonly records: number; readonly values: number }[];
  reviews(): readonly NewReviewFinding[];
  /** Erasures whose people are in the place still. */
  left(): ReadonlySet<string>;
  /** Says which record the next events are of, and in which column. */
  at(line: number, pointer?: string): void;
}

/** Creates counts for a place. */
export function countPlace(place: string, name: string): PlaceCounts {
  const masked = new Map<string, { erasureId: string; records: number; values: number }>();
  const reviews = new Map<string, NewReviewFinding>();
  const left = new Set<string>();
  let total = 0;
  let here = { line: 0, pointer: "" };
  return {
    place,
    name,
    at(line, pointer = "") {
      here = { line, pointer };
    },
    onMasked(erasureId, values) {
      total += 1;
      const before = masked.get(erasureId) ?? { erasureId, records: 0, values: 0 };
      masked.set(erasureId, { erasureId, records: before.records + 1, values: before.values + values });
    },
    onReview(erasureId: string, kind: SearchedKind) {
      const key = `${erasureId} ${kind} ${here.pointer}`;
      const before = reviews.get(key) ?? { erasureId, kind, place, name, ...here, records: 0 };
      reviews.set(key, { ...before, records: before.records + 1 });
    },
    onLeft(erasureId) {
      total += 1;
      left.add(erasureId);
    },
    total: () => total,
    isChanged: () => masked.size > 0,
    masked: () => [...masked.values()],
    reviews: () => [...reviews.values()],
    left: () => left,
  };
}
