/**
 * - `lost`: it should be there and is not;
 * - `doubled`: it is there more than once;
 * - `wrong`: all else that is not as it must be.
 */
export interface Finding {
  readonly kind: "lost" | "doubled" | "wrong";
  /** For whoever reads the drill's output; the data is made up, so it may be named. */
  readonly what: string;
}

export const lost = (what: string): Finding => ({ kind: "lost", what });
export const doubled = (what: string): Finding => ({ kind: "doubled", what });
export const wrong = (what: string): Finding => ({ kind: "wrong", what });
