import { rm } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { below, type Random } from "@lethe/sample-data/random";
import { type Finding, wrong } from "../check/finding.js";
import type { Cluster } from "../cluster/cluster.js";
import { tellRedis } from "../cluster/tell-redis.js";
import type { Fault, FaultContext } from "../fault.js";
import { ALL_FAULTS, noFault } from "../faults/all-faults.js";
import { SCHEDULE_FAULTS } from "../faults/disturb-schedules.js";
import { standbySignal } from "../faults/refuse-writes.js";
import type { StormLog } from "./storm-log.js";
import { emptyDisk, STRIKES, type Strike } from "./strikes.js";

/** What a leg of the storm has done, and how it is brought to its end. */
export interface Struck {
  readonly strikes: number;
  /** Takes away what faults have left, and returns what they find wrong. Everything must have settled. */
  conclude(): Promise<Finding[]>;
}

const AT_ONCE = 3;
const LONGEST_PAUSE_MS = 6_000;
const LONGEST_OUTAGE_MS = 8_000;
/** A fault that is not over by then waits for something that another one has broken. */
const OVER_AFTER_MS = 90_000;

/** A strike of a leg; what it must take away in the end, if anything. */
interface Choice extends Strike {
  readonly fault?: Fault;
}

/**
 * Injects faults of all kinds at random moments, up to three at once, until `signal` aborts; then waits until they are over.
 * A fault that leaves something to be concluded comes once at the most, others as often as chance wills.
 */
export async function strikeAtRandom(
  cluster: Cluster,
  random: Random,
  log: StormLog,
  signal: AbortSignal,
): Promise<Struck> {
  const notes = (name: string) => (text: string) => log.note(`  ${name}: ${text}`);
  const contextOf = (name: string): FaultContext => ({
    cluster,
    random,
    isAlone: false,
    outageMs: 1_000 + below(random, LONGEST_OUTAGE_MS),
    untilInjectionPoint: () => setTimeout(below(random, 1_000)),
    note: notes(name),
  });
  const once: Fault[] = [];
  const contexts = new Map<Fault, FaultContext>();
  const asStrike = (fault: Fault): Choice => ({
    name: fault.name,
    fault,
    async strike() {
      const context = contextOf(fault.name);
      await fault.prepare?.(context);
      // Of what was not prepared nothing is to be concluded.
      if (fault.conclude !== undefined) {
        once.push(fault);
        contexts.set(fault, context);
      }
      await fault.inject(context);
      return "";
    },
  });
  // All schedule faults use the same schedule: one of them at a time.
  const schedule = SCHEDULE_FAULTS[below(random, SCHEDULE_FAULTS.length)];
  const faults = ALL_FAULTS.filter(
    (fault) =>
      fault !== noFault && fault.during === undefined && (!SCHEDULE_FAULTS.includes(fault) || fault === schedule),
  );
  const choices: readonly Choice[] = [...STRIKES, ...faults.map(asStrike)];
  const underWay = new Set<Promise<void>>();
  let strikes = 0;
  while (!signal.aborted) {
    await setTimeout(below(random, LONGEST_PAUSE_MS), undefined, { signal }).catch(() => undefined);
    if (signal.aborted) break;
    const choice = choices[below(random, choices.length)];
    if (choice === undefined || underWay.size >= AT_ONCE) continue;
    if (choice.fault !== undefined && once.includes(choice.fault)) continue;
    strikes += 1;
    const current = carryOut(choice, cluster, random, log).finally(() => underWay.delete(current));
    underWay.add(current);
  }
  await Promise.all(underWay);
  await calm(cluster, log);
  return {
    strikes,
    async conclude() {
      const findings: Finding[] = [];
      for (const fault of once) {
        const context = contexts.get(fault);
        const found = context === undefined ? [] : ((await fault.conclude?.(context)) ?? []);
        findings.push(...found.map(({ what }) => wrong(`${fault.name}: ${what}`)));
      }
      return findings;
    },
  };
}

async function carryOut(choice: Choice, cluster: Cluster, random: Random, log: StormLog): Promise<void> {
  log.note(`strike: ${choice.name}`);
  const late = setTimeout(OVER_AFTER_MS, "it was given up", { ref: false });
  // Another fault may have broken what this one needs: it is over then, and that is no finding.
  const failed = (error: unknown) => `it did not come to its end: ${error instanceof Error ? error.message : error}`;
  const outcome = await Promise.race([choice.strike(cluster, random).catch(failed), late]);
  log.note(`over: ${choice.name}${outcome === "" ? "" : ` (${outcome})`}`);
}

/** Brings back whatever a strike may have left broken that was cut short itself. */
async function calm(cluster: Cluster, log: StormLog): Promise<void> {
  for (const place of cluster.places()) place.signal("SIGCONT");
  await emptyDisk(cluster);
  if ((await rm(standbySignal(cluster)).catch(() => "none")) === undefined) await cluster.servers.postgres.kill();
  await cluster.servers.postgres.start();
  await cluster.servers.redis.start();
  await cluster.servers.postgres.proxy.restore();
  await cluster.servers.redis.proxy.restore();
  await tellRedis(cluster, async (redis) => {
    await redis.config("SET", "maxmemory", 0);
    await redis.config("SET", "maxmemory-policy", "noeviction");
    await redis.config("SET", "min-replicas-to-write", 0);
  });
  await cluster.pool.query("grant usage on schema ledger to lethe_loader");
  for (const place of cluster.places()) place.order({ clock: 0 });
  log.note("calm");
}
