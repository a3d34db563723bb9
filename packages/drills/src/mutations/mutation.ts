import type { Fault } from "../fault.js";

export interface Edit {
  /** The built file, from the repository's root. */
  readonly file: string;
  /** The text that makes the guard, and what stands in its place when it is out. */
  readonly find: string;
  readonly replace: string;
}

/** A guard that is taken out of the built code, and the fault that must then be felt. */
export interface Mutation {
  /** What the guard does when it is there. */
  readonly guard: string;
  readonly edits: readonly Edit[];
  readonly fault: Fault;
  /**
   * Rounds that are tried, each with another seed, until one finds something: a injection point may miss, and the faster the machine,
   * the more of them do.
   */
  readonly rounds: number;
}
