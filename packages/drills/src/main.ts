import { Command, InvalidArgumentError } from "commander";
import { DRILL_OPTIONS, DRILLS_HELP, MOST_AT_ONCE } from "../options.mjs";
import { runErasureStorm } from "./erasure-storm.js";
import { ALL_FAULTS } from "./faults/all-faults.js";
import { ALL_MUTATIONS } from "./mutations/all-mutations.js";
import { runMutations } from "./mutations/run-mutations.js";
import { presentTable } from "./present-table.js";
import { runDrills } from "./run-drills.js";
import type { RoundResult } from "./run-round.js";
import { runStorm } from "./storm/run-storm.js";

const SHORT_OUTAGE_MS = 4_000;
const LONG_OUTAGE_MS = 60_000;
const STUCK_AFTER_MS = 150_000;

interface Options {
  readonly seeds: string;
  readonly first: string;
  readonly atOnce?: string;
  readonly only?: string;
  readonly keep?: true;
  readonly mutations?: true;
  readonly erasures?: true;
  readonly storm?: string;
}

const drills = new Command("npm run drills --").description(DRILLS_HELP);
for (const [flags, description, standard] of DRILL_OPTIONS) {
  // A number is a whole one above 0.
  const isNumber = /<(?:n|seed|minutes)>/.test(flags);
  drills.option(flags, description, (text: string) => (isNumber ? wholeNumber(text) : text), standard);
}
const options = drills.parse().opts<Options>();

function wholeNumber(text: string): string {
  if (/^[1-9]\d{0,8}$/.test(text)) return text;
  throw new InvalidArgumentError("It must be a whole number above 0.");
}

const isGood = await (options.mutations === true
  ? drillMutants()
  : options.erasures === true
    ? drillErasures()
    : options.storm !== undefined
      ? drillStorm(Number(options.storm))
      : drillFaults());
// Ended here, because Node may wait for ever for a connection to close that a drill has broken.
process.exit(isGood ? 0 : 1);

/** Injects the faults. Reports whether nothing was found. */
async function drillFaults(): Promise<boolean> {
  const first = Number(options.first);
  const faults = ALL_FAULTS.filter(({ name }) => options.only === undefined || name.includes(options.only));
  const possible = [];
  for (const fault of faults) {
    const reason = await fault.whyNot?.();
    if (reason === undefined) possible.push(fault);
    else console.log(`not possible here: ${fault.name} (${reason})`);
  }
  const soFar: RoundResult[] = [];
  process.once("SIGINT", () => {
    console.log(`\n${presentTable(soFar)}\nstopped after ${soFar.length} rounds`);
    process.exit(130);
  });
  const atOnce = Number(options.atOnce ?? Math.min(Number(options.seeds), MOST_AT_ONCE));
  const results = await runDrills({
    faults: possible,
    seeds: Array.from({ length: Number(options.seeds) }, (_, i) => first + i),
    atOnce,
    // The first seed shows what a minute without Redis does. A few seconds must do for the others.
    outageMs: (seed) => (seed === 1 ? LONG_OUTAGE_MS : SHORT_OUTAGE_MS),
    keep: options.keep === true,
    timeoutMs: STUCK_AFTER_MS,
    onRound: (result, seed) => {
      soFar.push(result);
      const { fault, findings, recoverySeconds, notes } = result;
      console.log(
        `seed ${seed}, ${fault}: ${findings.length === 0 ? "ok" : "FAILED"}, settled after ${recoverySeconds.toFixed(1)} s${
          notes.length === 0 ? "" : ` (${notes.join("; ")})`
        }`,
      );
      for (const { kind, what } of findings.slice(0, 10)) console.log(`  ${kind}: ${what}`);
      if (findings.length > 10) console.log(`  and ${findings.length - 10} more`);
    },
    onSeed(seed, seconds, waiting) {
      const left = Math.round((Math.ceil(waiting / atOnce) * seconds) / 60);
      const others =
        waiting === 0 ? "" : `; the ${waiting} that nobody has begun take about ${left} minutes, ${atOnce} at once`;
      console.log(`seed ${seed} took ${Math.round(seconds)} s${others}`);
    },
  });
  console.log(`\n${presentTable(results)}`);
  return results.every(({ findings }) => findings.length === 0);
}

/** Takes each guard out. Reports whether every drill noticed. */
async function drillMutants(): Promise<boolean> {
  const wanted = ALL_MUTATIONS.filter(({ guard }) => options.only === undefined || guard.includes(options.only));
  const results = await runMutations(wanted, ({ mutation, findings }) => {
    const [first] = findings;
    console.log(
      `${mutation.guard}: taken out, ${first === undefined ? "MISSED" : `found by "${mutation.fault.name}"`}`,
    );
    if (first !== undefined) console.log(`  ${first.kind}: ${first.what} (${findings.length} in all)`);
  });
  return results.every(({ findings }) => findings.length > 0);
}

/** Erases many people while services are killed. Reports whether nothing was found. */
async function drillErasures(): Promise<boolean> {
  let isGood = true;
  for (let i = 0; i < Number(options.seeds); i++) {
    const seed = Number(options.first) + i;
    const { findings, kills, receipts } = await runErasureStorm({
      seed,
      keep: options.keep === true,
      timeoutMs: STUCK_AFTER_MS,
    });
    const outcome = findings.length === 0 ? "ok" : "FAILED";
    console.log(`seed ${seed}, 60 erasures: ${outcome}, ${kills} kills, ${receipts} receipts`);
    for (const { kind, what } of findings.slice(0, 10)) console.log(`  ${kind}: ${what}`);
    if (findings.length > 10) console.log(`  and ${findings.length - 10} more`);
    isGood &&= findings.length === 0;
  }
  return isGood;
}

/** Lets a storm go over an installation, for each seed. Reports whether nothing was found. */
async function drillStorm(minutes: number): Promise<boolean> {
  let isGood = true;
  for (let i = 0; i < Number(options.seeds); i++) {
    const seed = Number(options.first) + i;
    const legs = await runStorm({
      seed,
      minutes,
      keep: options.keep === true,
      onStart: (folder) => console.log(`seed ${seed}: ${folder}/storm.log says what is done when`),
      onLeg(leg) {
        const { minute, records, erased, strikes, doings, failedRuns, settledSeconds, findings } = leg;
        const done = Object.entries(doings).map(([doing, times]) => `${times} ${doing}`);
        console.log(
          `seed ${seed}, minute ${minute}: ${findings.length === 0 ? "ok" : "FAILED"}, ${records} records, ${erased} erased, ` +
            `${strikes} strikes, ${done.join(", ")}; runs failed so far: ${failedRuns || "none"}; settled after ${settledSeconds.toFixed(1)} s`,
        );
        for (const { kind, what } of findings.slice(0, 20)) console.log(`  ${kind}: ${what}`);
        if (findings.length > 20) console.log(`  and ${findings.length - 20} more`);
      },
    });
    isGood &&= legs.length > 0 && legs.every(({ findings }) => findings.length === 0);
  }
  return isGood;
}
