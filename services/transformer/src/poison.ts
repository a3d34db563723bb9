/** Records of a batch by their ordinals: from `first` up to, but without, `end`. */
export interface OrdinalRange {
  readonly first: number;
  readonly end: number;
}

/** What a record does to the thread that works on it. */
export type FailureCause = "memory" | "time" | "stack" | "unexpected";

/** How a thread failed at a batch. */
export interface Failure {
  readonly cause: FailureCause;
  /** The record that was worked on when it failed; null when it was none. */
  readonly at: number | null;
  /** The place in the code, where that is known. */
  readonly where: string | null;
}

/** A record that no thread can work on. */
export interface Poison {
  readonly ordinal: number;
  /** Why, for people. */
  readonly problem: string;
  /** Whether its words can be searched for the people whom it names; not even that can be done with every record. */
  readonly searchable: boolean;
}

/** Returns the message that says why a record failed; `recordSeconds` is the time limit of one record. */
export function problemOfCause(cause: FailureCause, recordSeconds: number): string {
  const what: Readonly<Record<FailureCause, string>> = {
    memory: "out of memory",
    time: `took longer than ${recordSeconds} s`,
    stack: "nested too deep for the stack",
    unexpected: "failed unexpectedly",
  };
  return `the record could not be worked on: ${what[cause]}`;
}
