import { LetheError } from "@lethe/contracts/errors";
import { safeError } from "@lethe/service-kit/safe-error";

/** Something could not be done for some jobs; it was done for all others. Its cause is what happened to the first of them. */
class JobsFailedError extends LetheError {
  readonly code = "jobs_failed";
  readonly retryable = true;
}

/** Does something for each job in turn. One that fails keeps none of the next from it; what failed is thrown at the end. */
export async function forEachJob<T extends { readonly job: string }>(
  jobs: readonly T[],
  act: (job: T) => Promise<void>,
): Promise<void> {
  const failures: { readonly job: string; readonly error: unknown }[] = [];
  for (const one of jobs) {
    try {
      await act(one);
    } catch (error) {
      failures.push({ job: one.job, error });
    }
  }
  const [first] = failures;
  if (first === undefined) return;
  const names = failures.map(({ job }) => job).join(", ");
  const { code, message } = safeError(first.error);
  throw new JobsFailedError(`it failed for ${names}, for the first with ${code}: ${message}`, { cause: first.error });
}
