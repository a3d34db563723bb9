import { constants } from "node:fs";
import { type FileHandle, open, rename, stat } from "node:fs/promises";
import { hasSystemCode } from "@lethe/contracts/system-error";
import type { RunEvent } from "@lethe/lineage/openlineage/run-event";
import type { Telling } from "@lethe/warehouse/ledger/run-transitions";

/** As logs rotate: this many parts of this size, the newest without a number. */
const PART_BYTES = 10_000_000;
const PARTS = 6;
/** More than an event has: inputs are bounded, and so is everything else that an event says. */
const TAIL_BYTES = 1_000_000;
const NEWLINE = 10;

/**
 * Appends an event to a file as a line of JSON, on disk before this returns. What a crash has left of a line is cut off, and an event that
 * stands last already, since a crash kept that from being recorded, is not written again. One process at a time may do it.
 */
export async function appendEvent(
  path: string,
  mode: number,
  event: RunEvent,
  partBytes = PART_BYTES,
): Promise<Telling> {
  try {
    const line = Buffer.from(`${JSON.stringify(event)}\n`);
    if (await isLast(path, event)) return { outcome: "confirmed" };
    if ((await sizeOf(path)) + line.length > partBytes) await rotate(path);
    // Nothing waits for the reader of a pipe.
    const { O_WRONLY, O_CREAT, O_APPEND, O_NONBLOCK } = constants;
    const file = await open(path, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK, mode);
    try {
      if (!(await file.stat()).isFile()) return { outcome: "failed", failure: "not a file" };
      await file.writeFile(line);
      await file.sync();
    } finally {
      await file.close();
    }
    return { outcome: "confirmed" };
  } catch (error) {
    return { outcome: "failed", failure: systemCodeOf(error) };
  }
}

/** Reports whether an event stands last in the file, or in the part before it where the file is new. Cuts off a broken line. */
async function isLast(path: string, { run, eventType }: RunEvent): Promise<boolean> {
  const line = (await lastLine(path)) ?? (await lastLine(`${path}.1`));
  if (line === undefined) return false;
  try {
    const last = JSON.parse(line) as Partial<RunEvent> | null;
    return last?.run?.runId === run.runId && last.eventType === eventType;
  } catch {
    return false;
  }
}

/** Returns the last whole line of a file; undefined where it has none or is not there. */
async function lastLine(path: string): Promise<string | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDWR | constants.O_NONBLOCK);
  } catch (error) {
    if (hasSystemCode(error, "ENOENT")) return undefined;
    throw error;
  }
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - TAIL_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
    const tail = buffer.subarray(0, bytesRead);
    const end = tail.lastIndexOf(NEWLINE);
    if (end !== tail.length - 1) await file.truncate(start + end + 1);
    if (end === -1) return undefined;
    return tail.subarray(end === 0 ? 0 : tail.lastIndexOf(NEWLINE, end - 1) + 1, end).toString("utf8");
  } finally {
    await file.close();
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (hasSystemCode(error, "ENOENT")) return 0;
    throw error;
  }
}

/** Moves each part on by one; the oldest goes. */
async function rotate(path: string): Promise<void> {
  for (let part = PARTS - 1; part >= 1; part -= 1) {
    try {
      await rename(part === 1 ? path : `${path}.${part - 1}`, `${path}.${part}`);
    } catch (error) {
      if (!hasSystemCode(error, "ENOENT")) throw error;
    }
  }
}

function systemCodeOf(error: unknown): string {
  const code: unknown = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "unknown";
}
