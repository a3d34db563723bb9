import { expect, it } from "vitest";
import { JOB_NAMES } from "./jobs.js";
import { RUN_SERVICES, SERVICE_JOBS, SERVICE_NAMES } from "./services.js";

it("has exactly one service for each job", () => {
  expect(Object.values(SERVICE_JOBS).flat().sort()).toEqual([...JOB_NAMES].sort());
});

it("names every service but the scheduler as one that works on runs", () => {
  expect(["scheduler", ...RUN_SERVICES].sort()).toEqual([...SERVICE_NAMES].sort());
});
