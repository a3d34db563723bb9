import { readdir, readFile } from "node:fs/promises";
import { SERVICE_NAMES } from "@lethe/contracts/services";

const SERVICE = new RegExp(`services/(${SERVICE_NAMES.join("|")})/(?:bundle|dist)/main\\.js`);
const WHOLE = [...SERVICE_NAMES, "redis", "postgres"];

/**
 * Returns the processes below one, by what they are: a service's name, `redis`, or `postgres` for the server that all backends
 * are children of. A service that runs twice has both ids. Empty where there is no /proc (Linux only).
 */
export async function processesBelow(pid) {
  const named = {};
  for (const process of descendantsOf(pid, await readProcesses())) {
    const name = nameOf(process.command);
    if (name !== undefined) named[name] = [...(named[name] ?? []), process.pid];
  }
  return named;
}

/**
 * Throws when something that Lethe consists of is not among the processes that were found: its memory and CPU time would be
 * left out without a word. Where there is no /proc none is found, and nothing is measured.
 */
export function requireWhole(processes) {
  const missing = WHOLE.filter((name) => processes[name] === undefined);
  if (missing.length === 0 || missing.length === WHOLE.length) return;
  throw new Error(`no process was found of ${missing.join(", ")}`);
}

/** Returns the ids of all processes below one. */
export async function allBelow(pid) {
  return descendantsOf(pid, await readProcesses()).map((process) => process.pid);
}

/** Returns a process's parent, and its CPU seconds with those of the children that it has waited for. Undefined when it is gone. */
export async function readStat(pid) {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  return text === undefined ? undefined : parseStat(text);
}

/** Reads a line of /proc/<pid>/stat. Ticks are of 10 ms. */
export function parseStat(text) {
  // The name stands in brackets and may hold anything, blanks and brackets too.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const seconds = (field) => Number(fields[field]) / 100;
  return {
    parent: Number(fields[1]),
    cpuSeconds: seconds(11) + seconds(12),
    childrenSeconds: seconds(13) + seconds(14),
  };
}

/** Returns a service's name, `redis` or `postgres` for a command line in pieces; undefined for all others. */
export function nameOf(command) {
  const service = command.map((argument) => SERVICE.exec(argument)?.[1]).find((name) => name !== undefined);
  if (service !== undefined) return service;
  if (/(redis|valkey)-server/.test(command[0])) return "redis";
  // Backends have a title in place of their arguments.
  return /postgres$/.test(command[0]) && command.includes("-D") ? "postgres" : undefined;
}

async function readProcesses() {
  const names = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    names.map(async (name) => {
      const stat = await readStat(name);
      const command = await readFile(`/proc/${name}/cmdline`, "utf8").catch(() => "");
      return stat === undefined ? [] : [{ pid: Number(name), parent: stat.parent, command: command.split("\0") }];
    }),
  );
  return found.flat();
}

function descendantsOf(pid, processes) {
  const children = processes.filter((process) => process.parent === pid);
  return children.flatMap((child) => [child, ...descendantsOf(child.pid, processes)]);
}
