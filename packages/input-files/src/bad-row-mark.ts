import type { CsvRowProblem } from "@lethe/contracts/csv-row-problem";

type Problem = Omit<CsvRowProblem, "row">;

/**
 * Writes the problem of a row of a file that was converted. The converted file holds the row as one that has a field more
 * than its header: this mark, the row's text, and empty fields.
 */
export function badRowMark({ problem, has = 0, wants = 0 }: Problem): string {
  return problem === "fields" ? `lethe:fields:${has}:${wants}` : `lethe:${problem}`;
}

/** Reads a row's problem from its mark; undefined where a row of the right length, or another text, is no such mark. */
export function problemOfMark(fields: readonly string[], fieldCount: number): Problem | undefined {
  if (fields.length !== fieldCount + 1) return undefined;
  const [, problem, has, wants] =
    /^lethe:(?:(quote|utf8|above)|fields:(\d{1,6}):(\d{1,6}))$/.exec(fields[0] ?? "") ?? [];
  if (has !== undefined) return { problem: "fields", has: Number(has), wants: Number(wants) };
  return problem === "quote" || problem === "utf8" || problem === "above" ? { problem } : undefined;
}
