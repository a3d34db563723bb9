import { METHODS } from "./methods.mjs";
import { scaleOutTable } from "./scale-out-table.mjs";
import { table } from "./table.mjs";
import { TARGETS, verdict } from "./targets.mjs";

/** Creates results.md of what results.json holds. */
export function toMarkdown(results) {
  const { parts } = results;
  const sections = [
    "# What the benchmark has measured",
    "Made by `npm run bench`; the same figures with every run are in results.json.",
    figuresTable(results),
    "## Machines",
    machinesTable(parts),
    ...(parts.bulk === undefined ? [] : ["## Contenders", contendersTable(parts.bulk.details)]),
    ...(parts.linearity === undefined ? [] : ["## Ten times as much", contendersTable(parts.linearity.details)]),
    ...(parts["scale-out"] === undefined ? [] : ["## Scale-out on paper", scaleOutTable(parts["scale-out"].details)]),
    "## Method",
    Object.keys(parts)
      .map((part) => `- **${part}**: ${METHODS[part]}`)
      .join("\n"),
  ];
  return `${sections.join("\n\n")}\n`;
}

function figuresTable(results) {
  const rows = TARGETS.filter(({ figure }) => results[figure] !== undefined).map((target) => {
    const value = results[target.figure];
    const runs = results.runs[target.figure];
    return [
      target.says,
      show(value),
      Array.isArray(runs) ? runs.join(", ") : "",
      target.target,
      verdict(target, value),
    ];
  });
  return table(["figure", "median", "runs", "target", "verdict"], rows);
}

function machinesTable(parts) {
  const rows = Object.entries(parts).map(([part, { machine, tookSeconds, details }]) => [
    part,
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB`,
    `${machine.system}, Node ${machine.node}, PostgreSQL ${machine.postgres ?? "of `npm start`"}`,
    `${machine.commit}, ${machine.measuredAt.slice(0, 16)}`,
    details.transactions ?? "",
    `${tookSeconds} s`,
  ]);
  return table(["part", "machine", "software", "commit, time (UTC)", "transactions", "took"], rows);
}

function contendersTable({ seconds, cpuSecondsOfAll, transactions, lines }) {
  const rows = Object.entries(seconds).map(([name, { median, runs }]) => [
    name,
    median,
    runs.join(", "),
    Math.round((transactions + lines) / median),
    cpuSecondsOfAll?.[name]?.median ?? "",
  ]);
  return table(["contender", "seconds", "runs", "transactions and lines a second", "CPU seconds"], rows);
}

function show(value) {
  if (typeof value !== "object") return String(value);
  return Object.entries(value)
    .map(([name, one]) => `${name} ${one}`)
    .join(", ");
}
