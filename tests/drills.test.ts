import type { Harm } from "@lethe/drills/harm";
import { crashPostgres, serializationFailure, terminateBackends } from "@lethe/drills/harms/break-postgres";
import { emptyRedis, flushRedis } from "@lethe/drills/harms/break-redis";
import { damageStaging } from "@lethe/drills/harms/damage-staging";
import { deliverTwice } from "@lethe/drills/harms/deliver-twice";
import { SCHEDULE_HARMS } from "@lethe/drills/harms/disturb-schedules";
import { killService } from "@lethe/drills/harms/kill-service";
import { type Installation, openInstallation } from "@lethe/drills/installation";
import { afterAll, beforeAll, expect, it } from "vitest";

/** The short form of `npm run drills`: what heals within seconds, once each. */
const HARMS = [
  killService("extractor"),
  killService("transformer"),
  killService("loader"),
  flushRedis,
  emptyRedis,
  crashPostgres,
  terminateBackends,
  serializationFailure,
  damageStaging("truncated"),
  damageStaging("missing"),
  deliverTwice,
  ...SCHEDULE_HARMS.slice(0, 1),
];
const SEED = 11;
const OUTAGE_MS = 2_000;

let installation: Installation;
beforeAll(async () => {
  installation = await openInstallation({ build: "bundle", keep: false, patienceMs: 90_000 });
});
afterAll(() => installation.close(), 120_000);

it.each(HARMS)(
  "nothing is lost, doubled or wrong after: $name",
  async (harm) => {
    const { findings, records } = await installation.round(harm, SEED, OUTAGE_MS);
    expect(findings).toEqual([]);
    expect(records).toBeGreaterThan(1_000);
  },
  240_000,
);

it("lets a harm take away what it made when work gets stuck, and closes what is stuck", async () => {
  const impatient = await openInstallation({ build: "bundle", keep: false, patienceMs: 0 });
  const ended: string[] = [];
  try {
    const harm: Harm = {
      name: "nothing",
      harm: async () => undefined,
      conclude: async () => {
        ended.push("concluded");
        return [];
      },
      abandon: async () => {
        ended.push("abandoned");
      },
    };
    const { findings, isStuck } = await impatient.round(harm, SEED, OUTAGE_MS);
    expect(isStuck).toBe(true);
    expect(findings.map(({ what }) => what)).toContainEqual(expect.stringContaining("run "));
  } finally {
    await impatient.close();
  }
  expect(ended).toEqual(["abandoned"]);
}, 120_000);
