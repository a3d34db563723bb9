import type { Fault } from "../fault.js";
import type { Seam } from "./seam.js";

/** A guard that is taken out, and the fault that must be noticed without it. */
export interface Mutation {
  /** What the guard does when it is there. */
  readonly guard: string;
  readonly seams: readonly Seam[];
  readonly fault: Fault;
  /**
   * Rounds that are tried, each with another seed, until one finds something. An injection point may miss the guard, and
   * does so more often on a faster machine.
   */
  readonly rounds: number;
}
