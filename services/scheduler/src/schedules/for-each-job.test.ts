import { expect, it } from "vitest";
import { forEachJob } from "./for-each-job.js";

it("does it for every job, and throws at the end what failed", async () => {
  const done: string[] = [];
  const cause = new Error("no such thing");
  const outcome = forEachJob([{ job: "one" }, { job: "two" }, { job: "three" }], async ({ job }) => {
    if (job !== "three") throw cause;
    done.push(job);
  });
  await expect(outcome).rejects.toMatchObject({
    code: "jobs_failed",
    message: expect.stringContaining("one, two"),
    cause,
  });
  expect(done).toEqual(["three"]);
});
