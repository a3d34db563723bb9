import { setTimeout } from "node:timers/promises";
import { isActive } from "@lethe/contracts/runs";

// After each hundredth of the time so far.
const LOOK_AFTER = 1 / 100;
const LEAST_MS = 20;
const MOST_MS = 250;

/**
 * Triggers a job by the API and waits until its run is closed in the ledger, which `client` asks: the API's answer says much
 * more, and to look so often would cost the machine a twentieth of a bulk run. Returns the run, as the API tells it, and the
 * seconds from before the POST on. Throws when the run does not succeed.
 */
export async function runJob(api, client, job) {
  const startedAt = performance.now();
  const posted = await fetch(`${api}/jobs/${job}/runs`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  if (!posted.ok) throw new Error(`the API answered ${posted.status}: ${await posted.text()}`);
  const { id } = await posted.json();
  while (isActive(await stateOf(client, id))) {
    const soFar = performance.now() - startedAt;
    await setTimeout(Math.min(MOST_MS, Math.max(LEAST_MS, soFar * LOOK_AFTER)));
  }
  const run = await (await fetch(`${api}/runs/${id}`)).json();
  const seconds = (performance.now() - startedAt) / 1_000;
  if (run.state !== "succeeded") throw new Error(`the run ended as ${run.state}`);
  return { run, seconds };
}

async function stateOf(client, id) {
  const state = { name: "state of a run", text: "select state from ledger.runs where id = $1", values: [id] };
  const { rows } = await client.query(state);
  return rows[0].state;
}
