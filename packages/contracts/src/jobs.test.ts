import { Compile } from "typebox/compile";
import { describe, expect, expectTypeOf, it } from "vitest";
import { JOB_NAMES, JOB_SCHEMAS, type JobPayload, type JobResult, jobId } from "./jobs.js";

const RUN = "5f0c0d0e-6a54-4c0a-9a8e-0a5f6f0f3c11";
const BATCH = "8b4f3a52-2f0f-4b7d-8a55-5cf6c3b0a0de";

describe("the job map", () => {
  it("holds the jobs of a run in their order", () => {
    expect(JOB_NAMES).toEqual(["trigger", "extract", "restage", "transform", "load", "finish"]);
  });

  it("pins what each job is given and gives back", () => {
    expectTypeOf<JobPayload<"extract">>().toEqualTypeOf<{ runId: string }>();
    expectTypeOf<JobPayload<"transform">>().toEqualTypeOf<{ runId: string; batchId: string }>();
    expectTypeOf<JobPayload<"load">>().toEqualTypeOf<JobPayload<"transform">>();
    expectTypeOf<JobResult<"load">>().toEqualTypeOf<{ loaded: number; rejected: number }>();
    // @ts-expect-error A name that is not in the map is an error, not `any`.
    expectTypeOf<JobPayload<"transfrom">>().toBeNever();
  });

  // Staging makes folder names of these ids: that they are UUIDs is what keeps a payload inside its folder.
  it.each(["transform", "load"] as const)("takes only UUIDs as references of %s", (job) => {
    const check = Compile(JOB_SCHEMAS[job].payload);
    expect(check.Check({ runId: RUN, batchId: BATCH })).toBe(true);
    for (const id of ["", "..", "../../etc", `${RUN}/..`, `${RUN}\n`, 7, null]) {
      expect(check.Check({ runId: id, batchId: BATCH })).toBe(false);
      expect(check.Check({ runId: RUN, batchId: id })).toBe(false);
    }
  });

  it("gives the same work the same id, and none that BullMQ refuses", () => {
    const ids = [jobId.extract(RUN), jobId.finish(RUN), jobId.transform(BATCH), jobId.load(BATCH)];
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) {
      expect(id).not.toContain(":");
      expect(id).not.toMatch(/^\d+$/);
    }
  });
});
