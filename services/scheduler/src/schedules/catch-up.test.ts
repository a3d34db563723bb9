import type { StoredSchedule } from "@lethe/warehouse/ledger/schedules";
import { expect, it } from "vitest";
import { missedTick } from "./catch-up.js";

const HOURLY: StoredSchedule = {
  job: "customers",
  cron: "0 * * * *",
  timezone: "Europe/Zagreb",
  enabled: true,
  updatedAt: new Date("2026-01-01T10:30:00Z"),
  lastFiredAt: null,
};
const NOW = new Date("2026-01-01T14:20:00Z");
const MISSED = new Date("2026-01-01T14:00:00Z");

it.each<[string, Partial<StoredSchedule>, Date | undefined]>([
  ["it never fired since it was stored", {}, MISSED],
  ["it fired three hours ago", { lastFiredAt: new Date("2026-01-01T11:00:00.020Z") }, MISSED],
  ["it kept up", { lastFiredAt: new Date("2026-01-01T14:00:00.020Z") }, undefined],
  ["the tick is now", { lastFiredAt: new Date("2026-01-01T13:00:00.020Z") }, MISSED],
  ["it is not understood", { cron: "H * * * *" }, undefined],
  ["it fires too often", { cron: "* * * * * *" }, undefined],
  ["it has no time zone", { timezone: "Mars/Olympus" }, undefined],
  ["it is off", { enabled: false }, undefined],
  ["it was changed after the tick", { updatedAt: new Date("2026-01-01T14:10:00Z") }, undefined],
])("%s", (_case, given, expected) => {
  expect(missedTick({ ...HOURLY, ...given }, NOW, { subMinute: false })).toEqual(expected);
});
