import path from "node:path";
import { formatCount } from "@lethe/contracts/format-number";
import { printable } from "@lethe/contracts/printable";
import { hasSucceeded, type RunDetail } from "@lethe/contracts/runs";
import type { CopiedInput } from "@lethe/storage/storage";
import { formatDuration } from "./table.js";

const MAX_FAILURES = 1_000;

/** Formats a step of the start that is done: `Started PostgreSQL in 1.1 s`. */
export function formatStep(done: string, milliseconds: number): string {
  return `${done} in ${formatDuration(milliseconds)}`;
}

/** Formats what was copied into landing in how many milliseconds, and the names of the files that could not be copied. */
export function formatCopied(copied: CopiedInput, source: string, milliseconds: number): string {
  const megabytes = (copied.bytes / 1e6).toFixed(1);
  const failures = copied.failures.slice(0, MAX_FAILURES).map(({ path, why }) => `  ${printable(path)}: ${why}`);
  const more = copied.failures.length - failures.length;
  return [
    formatStep(`Copied ${formatCount(copied.files)} files (${megabytes} MB) from ${fromHere(source)}`, milliseconds),
    ...(failures.length > 0 ? [`not copied, and so not loaded (${formatCount(copied.failures.length)}):`] : []),
    ...failures,
    ...(more > 0 ? [`  and ${formatCount(more)} more`] : []),
  ].join("\n");
}

/** Returns the runs without those that found nothing new, where another run of the job did: a schedule may have opened it a moment before. */
export function withoutEmptyRuns(runs: readonly RunDetail[]): RunDetail[] {
  return runs.filter((run, i) => {
    if (!isEmpty(run)) return true;
    const others = runs.filter(({ job, kind }, k) => k !== i && job === run.job && kind === "files");
    return others.every(isEmpty) && !runs.slice(i + 1).some((later) => others.includes(later));
  });
}

function isEmpty({ state, kind, files, records, notTaken, warnings, notices }: RunDetail): boolean {
  const hasRemarks = notTaken > 0 || warnings.length > 0 || notices.length > 0;
  return kind === "files" && hasSucceeded(state) && files.taken === 0 && records.in === 0 && !hasRemarks;
}

/** Where things of a running Lethe are. */
export interface Places {
  /** Where the API listens. */
  readonly address: string;
  readonly needsToken: boolean;
  /** The database that `npm start` brings along; undefined for one of the user's. */
  readonly database: { readonly url: string; readonly passwordFile: string } | undefined;
  readonly logs: readonly string[];
  readonly landing: string;
  /** The absolute path of a DATA_DIR that was given, which another terminal does not know; undefined for the usual one. */
  readonly dataDirectory: string | undefined;
}

/** Formats where a running Lethe can be reached, where its logs are, and what to try next. */
export function formatPlaces({ address, needsToken, database, logs, landing, dataDirectory }: Places): string {
  const lethe = dataDirectory === undefined ? "npx lethe" : `DATA_DIR=${quoted(dataDirectory)} npx lethe`;
  return [
    `Open the console  ${address}/`,
    `API               ${address}/jobs`,
    `API page          ${address}/docs`,
    `Bull Board        ${address}/queues`,
    `Database          ${lethe} psql`,
    ...(database === undefined ? [] : [`                  ${psqlCommand(database)}`]),
    `Logs              ${logs.map(fromHere).join("/, ")}/`,
    ...(needsToken ? ["", "All addresses ask for the token in LETHE_API_TOKEN."] : []),
    "",
    "Try next, in another terminal:",
    `  ${lethe}                    how things stand`,
    `  ${lethe} runs list          what ran`,
    `  ${lethe} quarantine list    what was rejected, and why`,
    "Files of your own go to",
    `  ${fromHere(landing)}/date=YYYY-MM-DD/hour=HH/`,
    `and are taken by the next run: ${lethe} run all --follow`,
    "",
    "Lethe is up. Ctrl-C stops it.",
  ].join("\n");
}

/** The password stands in a file, not on the command line, which everybody on the machine can read. */
function psqlCommand({ url, passwordFile }: { readonly url: string; readonly passwordFile: string }): string {
  const { hostname, port, username, pathname } = new URL(url);
  return `PGPASSFILE=${quoted(fromHere(passwordFile))} psql -h ${hostname} -p ${port} -U ${username} ${pathname.slice(1)}`;
}

/** Quotes a word for a POSIX shell where it has to be. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** Returns a path as somebody in the working directory would write it, if it lies there. */
function fromHere(place: string): string {
  const relative = path.relative(process.cwd(), place);
  return relative === "" || relative.startsWith("..") || path.isAbsolute(relative) ? place : relative;
}
