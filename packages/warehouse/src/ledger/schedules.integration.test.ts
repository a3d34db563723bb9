import { NotFoundError } from "@lethe/contracts/errors";
import { DEFAULT_TIMEZONE } from "@lethe/contracts/schedules";
import { describe, expect } from "vitest";
import { it } from "../../test/ledger-database.js";
import { readRows } from "../../test/ledger-rows.js";
import { changeSchedule, readSchedules, recordFired } from "./schedules.js";

const DEFAULTS = [
  { name: "products", schedule: "0 0 * * *" },
  { name: "customers", schedule: "0 * * * *" },
];

describe("readSchedules", () => {
  it("stores the defaults of what is missing, in the order of the jobs", async ({ pool }) => {
    const schedules = await readSchedules(pool, DEFAULTS);
    const expected = DEFAULTS.map(({ name: job, schedule: cron }) => ({
      ...{ job, cron, timezone: DEFAULT_TIMEZONE, enabled: true },
      ...{ updatedAt: expect.any(Date), lastFiredAt: null },
    }));
    expect(schedules).toEqual(expected);
    expect(await readSchedules(pool, DEFAULTS)).toEqual(schedules);
    expect(await readRows(pool, "ledger.schedules", "job")).toHaveLength(DEFAULTS.length);
  });

  it("keeps what was changed, and shows no job that it does not know", async ({ pool }) => {
    await readSchedules(pool, DEFAULTS);
    await changeSchedule(pool, "products", { cron: "5 * * * *" });
    await pool.query("insert into ledger.schedules (job, cron, timezone) values ('retired', '0 0 * * *', 'UTC')");
    const schedules = await readSchedules(pool, DEFAULTS);
    expect(schedules.map(({ job }) => job)).toEqual(DEFAULTS.map(({ name }) => name));
    expect(schedules.find(({ job }) => job === "products")).toMatchObject({ cron: "5 * * * *" });
  });

  it("stores each once when several services start at once", async ({ pool }) => {
    await Promise.all(Array.from({ length: 4 }, () => readSchedules(pool, DEFAULTS)));
    expect(await readRows(pool, "ledger.schedules", "job")).toHaveLength(DEFAULTS.length);
  });
});

describe("changeSchedule", () => {
  it("changes what it is given, and of that job alone", async ({ pool }) => {
    const before = await readSchedules(pool, DEFAULTS);
    const changed = await changeSchedule(pool, "customers", { enabled: false });
    const own = before.find(({ job }) => job === "customers");
    expect(changed).toEqual({ ...own, enabled: false, updatedAt: expect.any(Date) });
    expect(changed.updatedAt.getTime()).toBeGreaterThan(own?.updatedAt.getTime() ?? 0);
    expect(await changeSchedule(pool, "customers", { cron: "1 2 * * *", timezone: "UTC" })).toMatchObject({
      ...{ cron: "1 2 * * *", timezone: "UTC", enabled: false },
    });
    const others = (await readSchedules(pool, DEFAULTS)).filter(({ job }) => job !== "customers");
    expect(others).toEqual(before.filter(({ job }) => job !== "customers"));
  });

  it("knows no schedule that was not stored yet", async ({ pool }) => {
    await expect(changeSchedule(pool, "customers", { enabled: false })).rejects.toThrow(NotFoundError);
  });
});

describe("recordFired", () => {
  it("notes when a job's schedule fired last, and of no other", async ({ pool }) => {
    await readSchedules(pool, DEFAULTS);
    await recordFired(pool, "products");
    const fired = (await readSchedules(pool, DEFAULTS)).filter(({ lastFiredAt }) => lastFiredAt !== null);
    expect(fired.map(({ job }) => job)).toEqual(["products"]);
  });
});
