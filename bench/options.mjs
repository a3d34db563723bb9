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
  if (unknown !== undefined) throw new TypeError(`there is no part ${unknown}; there are ${PART_NAMES.join(", ")}`);
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
  if (!/^[1-9]\d*$/.test(text)) throw new TypeError(`--${name} must be a whole number above 0`);
  return Number(text);
}
