import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { startOf } from "../packages/local-stack/process-start.mjs";
import { ROOT } from "./root.mjs";

const LOCK = path.join(ROOT, "node_modules", ".lethe-building");
const POLL_MS = 200;

/** Runs `work`, which changes `node_modules` and bundles, while no other process of this checkout does: each would empty folders under the other. */
export async function whileNoOtherBuilds(work, lock = LOCK) {
  mkdirSync(path.dirname(lock), { recursive: true });
  const own = JSON.stringify({ pid: process.pid, startedAt: await startOf(process.pid) });
  let isTold = false;
  while (!take(lock, own)) {
    const holder = read(lock);
    if (holder !== undefined && (await startOf(holder.pid)) === holder.startedAt) {
      if (!isTold) console.error(`Process ${holder.pid} is building; waiting for it ...`);
      isTold = true;
      await delay(POLL_MS);
    } else {
      removeIfSame(lock, holder);
    }
  }
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** Creates the lock with its content in one step, so that nobody reads half of it. */
function take(lock, content) {
  const complete = `${lock}-${process.pid}`;
  writeFileSync(complete, content);
  try {
    linkSync(complete, lock);
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    return false;
  } finally {
    rmSync(complete, { force: true });
  }
}

function read(lock) {
  try {
    return JSON.parse(readFileSync(lock, "utf8"));
  } catch {
    return undefined;
  }
}

/** Removes the lock of a dead process, unless another process has taken its place meanwhile. */
function removeIfSame(lock, holder) {
  const taken = `${lock}-${process.pid}-dead`;
  try {
    renameSync(lock, taken);
  } catch (error) {
    if (error.code === "ENOENT") return;
    throw error;
  }
  if (JSON.stringify(read(taken)) === JSON.stringify(holder)) rmSync(taken);
  else renameSync(taken, lock);
}
