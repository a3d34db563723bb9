/**
 * A difference between the outcome and the answer.
 * - `lost`: something is missing.
 * - `doubled`: something is there more than once.
 * - `wrong`: anything else.
 */
export interface Finding {
  readonly kind: "lost" | "doubled" | "wrong";
  /** Describes it for the drill's output. It may name people, because they are made up. */
  readonly what: string;
}

export const lost = (what: string): Finding => ({ kind: "lost", what });
export const doubled = (what: string): Finding => ({ kind: "doubled", what });
export const wrong = (what: string): Finding => ({ kind: "wrong", what });
