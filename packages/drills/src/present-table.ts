import type { RoundResult } from "./run-round.js";

const HEAD = ["fault", "times", "records fed", "lost", "doubled", "wrong", "longest recovery (s)"];

/** Returns a drill's table as text: a row for each kind of fault, and one for all of them together. */
export function presentTable(results: readonly RoundResult[]): string {
  const names = [...new Set(results.map(({ fault }) => fault))];
  const rows = names.map((name) =>
    rowOf(
      name,
      results.filter(({ fault }) => fault === name),
    ),
  );
  const table = [HEAD, ...rows, rowOf("all", results)];
  const widths = HEAD.map((_, i) => Math.max(...table.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(" | ")} |`;
  const rule = `| ${widths.map((width, i) => (i === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)).join(" | ")} |`;
  return [line(HEAD), rule, ...table.slice(1).map(line)].join("\n");
}

function rowOf(name: string, results: readonly RoundResult[]): string[] {
  const count = (kind: string) =>
    results.flatMap(({ findings }) => findings).filter((found) => found.kind === kind).length;
  return [
    name,
    String(results.length),
    String(results.reduce((sum, { records }) => sum + records, 0)),
    String(count("lost")),
    String(count("doubled")),
    String(count("wrong")),
    Math.max(0, ...results.map(({ recoverySeconds }) => recoverySeconds)).toFixed(1),
  ];
}
