import { describe, expect, it } from "vitest";
import { describeCron } from "./describe-cron.js";

describe("describeCron", () => {
  it.each([
    ["0 * * * *", "Every hour"],
    ["0 0 * * *", "At 00:00, every day"],
    ["0 13 * * *", "At 13:00, every day"],
    ["*/15 * * * *", "Every 15 minutes"],
    ["30 2 * * mon-fri", "At 02:30, Monday through Friday"],
    ["0 0 L * *", "At 00:00, on the last day of the month"],
    ["0 0 * * 5L", "At 00:00, on the last Friday of the month"],
    ["0 0 * * 5#2", "At 00:00, on the second Friday of the month"],
    ["0 30 1 * * *", "At 01:30, every day"],
  ])("reads %j as %j", (cron, words) => {
    expect(describeCron(cron)).toBe(words);
  });

  it("has no words for what is no pattern", () => {
    expect(describeCron("every hour")).toBeNull();
  });
});
