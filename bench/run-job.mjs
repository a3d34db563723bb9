import { setTimeout } from "node:timers/promises";
import { isOpen } from "@lethe/contracts/runs";

// A look costs the machine a few milliseconds, so they become rarer: after each hundredth of the time so far.
const LOOK_AFTER = 1 / 100;
const LEAST_MS = 20;
const MOST_MS = 250;

/**
 * Triggers a job by the API and follows its run until it is closed. Gives the run and the seconds from before the POST on.
 * Throws when the run does not succeed.
 */
export async function runJob(api, job) {
  const startedAt = performance.now();
  const posted = await fetch(`${api}/jobs/${job}/runs`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  if (!posted.ok) throw new Error(`the API answered ${posted.status}: ${await posted.text()}`);
  const { id } = await posted.json();
  for (;;) {
    const run = await (await fetch(`${api}/runs/${id}`)).json();
    if (!isOpen(run.state)) {
      const seconds = (performance.now() - startedAt) / 1_000;
      if (run.state !== "succeeded") throw new Error(`the run ended as ${run.state}`);
      return { run, seconds };
    }
    const soFar = performance.now() - startedAt;
    await setTimeout(Math.min(MOST_MS, Math.max(LEAST_MS, soFar * LOOK_AFTER)));
  }
}
