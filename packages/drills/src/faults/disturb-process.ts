import { setTimeout } from "node:timers/promises";
import { RUN_SERVICES } from "@lethe/contracts/services";
import { pick } from "@lethe/sample-data/random";
import type { Fault } from "../fault.js";

/** Longer than a worker may hold a job without renewal in a drill (LETHE_LOCK_SECONDS). */
const BLOCKED_MS = 8_000;
const HOUR_MS = 3_600_000;

/** Blocks the event loop of one worker service, so that it renews no job and another process takes them over. */
export const blockEventLoop: Fault = {
  name: "a stalled job: event loop blocked",
  async inject({ cluster, random, untilInjectionPoint, note }) {
    await Promise.all(RUN_SERVICES.map((name) => cluster.openExtraPlace(name)));
    await untilInjectionPoint();
    const name = pick(random, RUN_SERVICES);
    note(name);
    cluster.places(name)[0]?.order({ block: BLOCKED_MS });
    await setTimeout(BLOCKED_MS);
  },
  async conclude({ cluster }) {
    await cluster.closeExtraPlaces();
    return [];
  },
};

/** Sets the clock of every service back by an hour for the rest of the round. */
export const clockSetBack: Fault = {
  name: "clock set back by an hour",
  async inject({ cluster, untilInjectionPoint }) {
    await untilInjectionPoint();
    for (const place of cluster.places()) place.order({ clock: -HOUR_MS });
  },
  async conclude({ cluster }) {
    for (const place of cluster.places()) place.order({ clock: 0 });
    return [];
  },
};
