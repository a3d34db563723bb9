// Plain JavaScript at the package's root, so that the keeper, `npm start` before anything is built, and the sources share it.
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";

/**
 * Returns when a process started, in whatever form the system has for it; empty when it is not running. One that has ended
 * and only waits to be reaped does not run.
 */
export async function startOf(pid) {
  if (process.platform === "linux") {
    const [state, startedAt] = await fieldsOf(pid, 0, 19);
    return state === "Z" ? "" : (startedAt ?? "");
  }
  const shown = await ps("stat=,lstart=", pid);
  return shown.startsWith("Z") ? "" : shown.replace(/^\S+\s+/, "");
}

/** Returns the process that a process is a child of; undefined when it is not running. */
export async function parentOf(pid) {
  if (process.platform === "linux") {
    const [parent] = await fieldsOf(pid, 1);
    return parent === undefined ? undefined : Number(parent);
  }
  const shown = await ps("ppid=", pid);
  return shown === "" ? undefined : Number(shown);
}

/** Returns the name of the program that a process runs; empty when it is not running. */
export async function programOf(pid) {
  if (process.platform === "linux") return (await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "")).trim();
  return (await ps("comm=", pid)).replace(/^.*\//, "");
}

async function fieldsOf(pid, ...places) {
  const status = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // The fields after the program's name, which stands in parentheses and may hold spaces itself.
  const fields = status === "" ? [] : status.slice(status.lastIndexOf(")") + 2).split(" ");
  return places.map((place) => fields[place]);
}

function ps(format, pid) {
  return new Promise((resolve) => {
    execFile("ps", ["-o", format, "-p", String(pid)], (error, output) => resolve(error === null ? output.trim() : ""));
  });
}
