import type { Harm } from "../harm.js";
import { crashPostgres, cutPostgres, serializationFailure, terminateBackends } from "./break-postgres.js";
import { cutRedis, emptyRedis, evictRedis, flushRedis, halfOpenRedis, restartRedis, slowRedis } from "./break-redis.js";
import { damageStaging } from "./damage-staging.js";
import { deliverTwice } from "./deliver-twice.js";
import { blockEventLoop, clockSetBack } from "./disturb-process.js";
import { SCHEDULE_HARMS } from "./disturb-schedules.js";
import { fillDisk } from "./fill-disk.js";
import { killService } from "./kill-service.js";
import { manyInstances } from "./many-instances.js";

/** What a drill begins with: nothing is done, so whatever is found is the drill's own fault or a plain bug. */
export const noHarm: Harm = {
  name: "none",
  async harm({ untilSomeMoment }) {
    await untilSomeMoment();
  },
};

/** Every kind of harm, in the order of the table. */
export const ALL_HARMS: readonly Harm[] = [
  noHarm,
  killService("scheduler"),
  killService("extractor"),
  killService("transformer"),
  killService("loader"),
  manyInstances,
  restartRedis,
  emptyRedis,
  flushRedis,
  evictRedis,
  cutRedis,
  halfOpenRedis,
  slowRedis,
  crashPostgres,
  cutPostgres,
  terminateBackends,
  serializationFailure,
  fillDisk("staging"),
  fillDisk("processed_data"),
  damageStaging("truncated"),
  damageStaging("missing"),
  blockEventLoop,
  clockSetBack,
  deliverTwice,
  ...SCHEDULE_HARMS,
];
