import { parseArgs } from "node:util";

/** What `npm run bench` measures, in this order. Small files come first: a bulk run frees inodes, see `setAside`. */
export const PART_NAMES = [
  "small-files",
  "bulk",
  "queue-share",
  "api",
  "cold-start",
  "scale-out",
  "big-file",
  "linearity",
];
const FULL_SIZE = 300_000;
/** Lethe comes first: what it has loaded is what the floor copies. */
const QUICK_CONTENDERS = ["lethe", "floor"];
const CONTENDERS = ["lethe", "floor", "lethe, one file", "naive", "row at a time"];

/** What `npm run bench -- --help` prints besides. */
export const BENCH_HELP = {
  usage: "npm run bench -- [options]",
  about:
    "Measures part by part, prints the figures, and writes results.json and results.md in bench/. A whole run takes about an hour; " +
    "the machine should have nothing else to do.",
  options: [
    ["--quick", "the floor and Lethe once; writes no results"],
    ["--only <parts>", `these parts alone, with commas between them: ${PART_NAMES.join(", ")}`],
    ["--transactions <n>", `transactions of the input (default: ${FULL_SIZE}); with fewer, no results are written`],
    ["--rounds <n>", "how often each is measured (default: 3)"],
    ["--work <folder>", "folder for input and installations (default: one in the system's folder for temporary files)"],
    ["--out <folder>", "write the results there instead"],
    ["--erasures", "measure erasures instead, among 100,000 customers"],
    ["--customers, --files, --requests <n>", "with --erasures: a trial of another size"],
  ],
};

/** Reads the command line. Throws TypeError, and says why, when an option or a part is unknown or a number is none. */
export function readOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: "boolean", default: false },
      only: { type: "string" },
      transactions: { type: "string", default: String(FULL_SIZE) },
      rounds: { type: "string", default: "3" },
      work: { type: "string" },
      out: { type: "string" },
    },
  });
  const transactions = count("transactions", values.transactions);
  const parts = values.quick ? ["bulk"] : (values.only?.split(",") ?? PART_NAMES);
  const unknown = parts.find((part) => !PART_NAMES.includes(part));
  if (unknown !== undefined)
    throw new TypeError(`--only: there is no part "${unknown}"; there are ${PART_NAMES.join(", ")}`);
  return {
    parts: PART_NAMES.filter((part) => parts.includes(part)),
    transactions,
    rounds: values.quick ? 1 : count("rounds", values.rounds),
    contenders: values.quick ? QUICK_CONTENDERS : CONTENDERS,
    /** Folder for input and installations; a new one in the system's folder for temporary files when not given. */
    work: values.work,
    /** Whether results are written to bench/: those of a quick or smaller run are no results. */
    publishes: !values.quick && transactions === FULL_SIZE && values.out === undefined,
    /** Folder to write results to all the same. */
    out: values.out,
  };
}

function count(name, text) {
  if (!/^[1-9]\d*$/.test(text)) throw new TypeError(`--${name} must be a whole number above 0, and is "${text}"`);
  return Number(text);
}
