import type { ApiProblem } from "../api/client.js";

/** What stands at a field that should hold a partition. */
export const NO_PARTITION = "Write a day, such as 2020-01-31, or an hour of it, such as 2020-01-31T05.";

/** Where the API names a field of the request that it refuses: `querystring/partition must match pattern`. */
const PLACE = /^(?:querystring|body)\/(\w+)/;

/** Returns what is to stand at a field, if the API refuses its value. */
export function faultAt(problem: ApiProblem | undefined, name: string, sentence: string): string | undefined {
  return fieldsOf(problem).includes(name) ? sentence : undefined;
}

/** Returns the problem, unless all of it is shown at these fields. */
export function withoutFaults(problem: ApiProblem | undefined, shown: readonly string[]): ApiProblem | undefined {
  const fields = fieldsOf(problem);
  return fields.length > 0 && fields.every((field) => field !== undefined && shown.includes(field))
    ? undefined
    : problem;
}

function fieldsOf(problem: ApiProblem | undefined): readonly (string | undefined)[] {
  if (problem?.status !== 400) return [];
  return problem.message.split("; ").map((place) => PLACE.exec(place)?.[1]);
}
