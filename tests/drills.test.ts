import type { Fault } from "@lethe/drills/fault";
import { crashPostgres, serializationFailure, terminateBackends } from "@lethe/drills/faults/break-postgres";
import { emptyRedis, flushRedis } from "@lethe/drills/faults/break-redis";
import { damageStaging } from "@lethe/drills/faults/damage-staging";
import { deliverTwice } from "@lethe/drills/faults/deliver-twice";
import { SCHEDULE_FAULTS } from "@lethe/drills/faults/disturb-schedules";
import { killService } from "@lethe/drills/faults/kill-service";
import { type Installation, openInstallation } from "@lethe/drills/installation";
import { afterAll, beforeAll, expect, it } from "vitest";

/** The short form of `npm run drills`: what heals within seconds, once each. */
const FAULTS = [
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
  ...SCHEDULE_FAULTS.slice(0, 1),
];
const SEED = 11;
const OUTAGE_MS = 2_000;

let installation: Installation;
beforeAll(async () => {
  installation = await openInstallation({ seams: [], keep: false, timeoutMs: 90_000 });
});
afterAll(() => installation.close(), 120_000);

it.each(FAULTS)(
  "nothing is lost, doubled or wrong after: $name",
  async (fault) => {
    const { findings, records } = await installation.round(fault, SEED, OUTAGE_MS);
    expect(findings).toEqual([]);
    expect(records).toBeGreaterThan(1_000);
  },
  240_000,
);

it("lets a fault take away what it made when work gets stuck, and closes what is stuck", async () => {
  const impatient = await openInstallation({ seams: [], keep: false, timeoutMs: 0 });
  const ended: string[] = [];
  try {
    const fault: Fault = {
      name: "nothing",
      inject: async () => undefined,
      conclude: async () => {
        ended.push("concluded");
        return [];
      },
      abandon: async () => {
        ended.push("abandoned");
      },
    };
    const { findings, isStuck } = await impatient.round(fault, SEED, OUTAGE_MS);
    expect(isStuck).toBe(true);
    expect(findings.map(({ what }) => what)).toContainEqual(expect.stringContaining("run "));
  } finally {
    await impatient.close();
  }
  expect(ended).toEqual(["abandoned"]);
}, 120_000);
