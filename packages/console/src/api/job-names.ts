import { signal } from "@preact/signals";
import { answerOf, api } from "./client.js";

/** The names of the jobs, which are those of their datasets; none until the API has answered. */
export const jobNames = signal<readonly string[]>([]);

/** Asks the API for the names of the jobs. */
export async function loadJobNames(): Promise<void> {
  const { jobs } = await answerOf(api.GET("/jobs"));
  jobNames.value = jobs.map(({ job }) => job);
}
