import { formatCount } from "@lethe/contracts/format-number";
import { printable } from "@lethe/contracts/printable";
import type { CopiedInput } from "@lethe/storage/storage";

const MAX_FAILURES = 1_000;

/** Formats what was copied into landing, and the names of the files that could not be copied. */
export function formatCopied(copied: CopiedInput, source: string): string {
  const megabytes = (copied.bytes / 1e6).toFixed(1);
  const failures = copied.failures.slice(0, MAX_FAILURES).map(({ path, why }) => `  ${printable(path)}: ${why}`);
  const more = copied.failures.length - failures.length;
  return [
    `copied ${formatCount(copied.files)} files (${megabytes} MB) from ${source}`,
    ...(failures.length > 0 ? [`not copied, and so not loaded (${formatCount(copied.failures.length)}):`] : []),
    ...failures,
    ...(more > 0 ? [`  and ${formatCount(more)} more`] : []),
  ].join("\n");
}

/** Formats the addresses where a running Lethe can be reached. */
export function formatAddresses(address: string, needsToken: boolean): string {
  return [
    `API docs    ${address}/docs`,
    `Bull Board  ${address}/queues`,
    `jobs        ${address}/jobs`,
    ...(needsToken ? ["all of them ask for the token in LETHE_API_TOKEN"] : []),
    "",
    "Lethe is up; Ctrl-C stops it. In another terminal: npm run lethe -- status",
  ].join("\n");
}
