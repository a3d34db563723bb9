import { signal } from "@preact/signals";
import { ApiProblem, answerOf, api } from "./client.js";
import type { Asked } from "./use-answer.js";

/** The names of the jobs, which are those of their datasets: asked for once, by `loadJobNames`. */
export const jobNames = signal<Asked<readonly string[]>>({
  answer: undefined,
  problem: undefined,
  isAsking: true,
  again: () => void loadJobNames(),
});

/** Asks the API for the names of the jobs. Never rejects: what goes wrong is what `jobNames` shows. */
export async function loadJobNames(): Promise<void> {
  const { again } = jobNames.value;
  try {
    const { jobs } = await answerOf(api.GET("/jobs"));
    jobNames.value = { answer: jobs.map(({ job }) => job), problem: undefined, isAsking: false, again };
  } catch (error) {
    const problem = error instanceof ApiProblem ? error : new ApiProblem(0, "unexpected", String(error));
    jobNames.value = { answer: undefined, problem, isAsking: false, again };
  }
}
