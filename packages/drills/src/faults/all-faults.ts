import type { Fault } from "../fault.js";
import { crashPostgres, cutPostgres, serializationFailure, terminateBackends } from "./break-postgres.js";
import { cutRedis, emptyRedis, evictRedis, flushRedis, halfOpenRedis, restartRedis, slowRedis } from "./break-redis.js";
import { damageStaging } from "./damage-staging.js";
import { deliverTwice } from "./deliver-twice.js";
import { blockEventLoop, clockSetBack } from "./disturb-process.js";
import { SCHEDULE_FAULTS } from "./disturb-schedules.js";
import { endHeldConnections } from "./end-held.js";
import { fillDisk } from "./fill-disk.js";
import { killService } from "./kill-service.js";
import { manyInstances } from "./many-instances.js";
import {
  fullRedis,
  hesitantPostgres,
  lonelyRedis,
  readOnlyFolder,
  revokedRight,
  standbyPostgres,
} from "./refuse-writes.js";
import { wakeStoppedExtractor, wakeStoppedLoader } from "./wake-stopped.js";

/** The first round of a drill injects nothing: whatever it finds is a mistake of the drill itself, or a plain bug. */
export const noFault: Fault = {
  name: "none",
  async inject({ untilInjectionPoint }) {
    await untilInjectionPoint();
  },
};

/** Every kind of fault, in the order of the printed table. */
export const ALL_FAULTS: readonly Fault[] = [
  noFault,
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
  endHeldConnections(),
  serializationFailure,
  fillDisk("staging"),
  fillDisk("processed_data"),
  damageStaging("truncated"),
  damageStaging("missing"),
  fullRedis,
  lonelyRedis,
  standbyPostgres,
  hesitantPostgres,
  revokedRight,
  readOnlyFolder,
  blockEventLoop,
  wakeStoppedExtractor,
  wakeStoppedLoader,
  clockSetBack,
  deliverTwice,
  ...SCHEDULE_FAULTS,
];
