import { setTimeout } from "node:timers/promises";
import { RUN_SERVICES } from "@lethe/contracts/services";
import { pick } from "@lethe/sample-data/random";
import type { Fault } from "../fault.js";

/** Longer than a lock of a job lasts here (LETHE_LOCK_SECONDS). */
const BLOCKED_MS = 8_000;
const HOUR_MS = 3_600_000;

export const blockEventLoop: Fault = {
  name: "a stalled job: event loop blocked",
  async fault({ cluster, random, untilInjectionPoint, note }) {
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

export const clockSetBack: Fault = {
  name: "clock set back by an hour",
  async fault({ cluster, untilInjectionPoint }) {
    await untilInjectionPoint();
    for (const place of cluster.places()) place.order({ clock: -HOUR_MS });
  },
  async conclude({ cluster }) {
    for (const place of cluster.places()) place.order({ clock: 0 });
    return [];
  },
};
