import { setTimeout } from "node:timers/promises";
import { pick } from "@lethe/cli/generate/random";
import type { Harm } from "../harm.js";

/** Longer than a lock of a job lasts here (LETHE_LOCK_SECONDS). */
const BLOCKED_MS = 8_000;
const HOUR_MS = 3_600_000;

export const blockEventLoop: Harm = {
  name: "a stalled job: event loop blocked",
  async harm({ site, random, untilSomeMoment, note }) {
    await site.openExtraPlace("extractor");
    await site.openExtraPlace("transformer");
    await site.openExtraPlace("loader");
    await untilSomeMoment();
    const name = pick<"extractor" | "transformer" | "loader">(random, ["extractor", "transformer", "loader"]);
    note(name);
    site.places(name)[0]?.order({ block: BLOCKED_MS });
    await setTimeout(BLOCKED_MS);
  },
  async conclude({ site }) {
    await site.closeExtraPlaces();
    return [];
  },
};

export const clockSetBack: Harm = {
  name: "clock set back by an hour",
  async harm({ site, untilSomeMoment }) {
    await untilSomeMoment();
    for (const place of site.places()) place.order({ clock: -HOUR_MS });
  },
  async conclude({ site }) {
    for (const place of site.places()) place.order({ clock: 0 });
    return [];
  },
};
