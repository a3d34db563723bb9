const atMost = (most) => ({ target: `≤ ${most}`, isMet: (value) => value <= most });
const below = (bound) => ({ target: `< ${bound}`, isMet: (value) => value < bound });
const atLeast = (least) => ({ target: `≥ ${least}`, isMet: (value) => value >= least });
const ofEach = ({ target, isMet }) => ({
  target: `${target} each`,
  isMet: (values) => Object.values(values).every(isMet),
});

/** What results.json holds, figure by figure: what it says, and what it should be. */
export const TARGETS = [
  { figure: "ratioToFloor", says: "bulk, hourly files: Lethe's time to the floor's", ...atMost(1.5) },
  { figure: "ratioToFloorOneFile", says: "bulk, one file: Lethe's time to the floor's", ...atMost(1.5) },
  { figure: "ratioToFloorLarge", says: "ten times as much: Lethe's time to the floor's", ...atMost(1.5) },
  { figure: "ratioToNaive", says: "the straightforward script's time to Lethe's", ...atLeast(3) },
  { figure: "ratioToNaiveLarge", says: "ten times as much: the script's time to Lethe's", ...atLeast(3) },
  { figure: "ratioToRowAtATime", says: "the row-at-a-time loader's time to Lethe's", ...atLeast(100) },
  { figure: "smallFilesSeconds", says: "a month of small files, s", ...atMost(2.5) },
  { figure: "perFileMs", says: "what a file costs besides its records, ms", ...below(1.5) },
  { figure: "linearity", says: "time per row, ten times as much to as much", ...atMost(1.15) },
  { figure: "linearityIntoFull", says: "time per row, into full tables to into empty ones", ...atMost(1.15) },
  { figure: "peakRssMb", says: "peak of memory by service, MB", ...ofEach(atMost(300)) },
  { figure: "queueShare", says: "share of a bulk run's time that BullMQ and Redis take", ...below(0.02) },
  { figure: "apiP99Ms", says: "the API during a bulk run, p99 by route, ms", ...ofEach(below(50)) },
  { figure: "manyErasures", says: "the time of 1,000 erasures to that of 10", ...atMost(3) },
  { figure: "manyErasuresCpu", says: "the CPU time of 1,000 erasures to that of 10", ...atMost(3) },
  { figure: "manyErasuresSeconds", says: "1,000 erasures, s", ...below(20) },
  {
    figure: "manyErasuresCpuSeconds",
    says: "1,000 erasures, CPU seconds of all processes",
    target: "none",
    isMet: undefined,
  },
  { figure: "coldStartSeconds", says: "`npm start -- --once` with the sample, s", ...below(8) },
  { figure: "scaleOut", says: "the time with one transformer to that with two", target: "none", isMet: undefined },
];

/** Returns for a figure's value `met`, `not met`, or nothing where there is no target. */
export function verdict({ isMet }, value) {
  if (isMet === undefined) return "";
  return isMet(value) ? "met" : "not met";
}
