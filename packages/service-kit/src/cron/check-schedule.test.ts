import { InvalidInputError } from "@lethe/contracts/errors";
import { expect, it } from "vitest";
import { checkSchedule, problemOfSchedule } from "./check-schedule.js";

const STRICT = { subMinute: false };

it.each(["UTC", "Europe/Zagreb", "America/Argentina/Ushuaia"])("takes the time zone %s", (timezone) => {
  expect(() => checkSchedule({ timezone }, STRICT)).not.toThrow();
});

it.each(["", "Mars/Olympus", "Europe/Zagreb ", "<script>", "+01:00", "\0"])("refuses the time zone %j", (timezone) => {
  expect(() => checkSchedule({ timezone }, STRICT)).toThrow(InvalidInputError);
});

it.each(["* * * * * *", "*/30 0 0 * * *", "0,1 * * * * *"])("takes %s with a setting alone", (cron) => {
  expect(() => checkSchedule({ cron }, STRICT)).toThrow(/LETHE_ALLOW_SUBMINUTE_SCHEDULES/);
  expect(() => checkSchedule({ cron }, { subMinute: true })).not.toThrow();
});

it.each(["0 * * * *", "30 * * * * *"])("takes %s, which fires once a minute at most", (cron) => {
  expect(() => checkSchedule({ cron }, STRICT)).not.toThrow();
});

it("names what keeps a stored schedule from firing", () => {
  const schedule = { cron: "0 * * * *", timezone: "Europe/Zagreb" };
  expect(problemOfSchedule(schedule, STRICT)).toBeUndefined();
  expect(problemOfSchedule({ ...schedule, cron: "H * * * *" }, STRICT)).toContain("H");
  expect(problemOfSchedule({ ...schedule, timezone: "Mars/Olympus" }, STRICT)).toContain("IANA");
});
