import { scaleOutModel } from "./scale-out-model.mjs";
import { table } from "./table.mjs";

const MACHINES = [1, 2, 4, 16, 64];
const CORES = 2;
const LARGE_DATABASE_CORES = 32;

/** Shows the measured costs of the stages, and what they make of more machines. */
export function scaleOutTable({ stageCosts }) {
  const cells = ({ throughput, limit }) => [Math.round(throughput), limit];
  const rows = MACHINES.map((machines) => [
    machines,
    ...cells(scaleOutModel(stageCosts, machines, CORES)),
    ...cells(scaleOutModel(stageCosts, machines, CORES, LARGE_DATABASE_CORES)),
  ]);
  return [
    `Machines have ${CORES} cores; PostgreSQL's has as many, or ${LARGE_DATABASE_CORES}. Transactions a second:`,
    table(
      [
        "machines",
        `database of ${CORES} cores`,
        "the limit is",
        `database of ${LARGE_DATABASE_CORES} cores`,
        "the limit is",
      ],
      rows,
    ),
    "CPU seconds for 300,000 transactions, as measured:",
    table(["stage", "CPU seconds"], Object.entries(stageCosts)),
  ].join("\n\n");
}
