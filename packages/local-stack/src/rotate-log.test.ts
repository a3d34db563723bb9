import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { rotateLog } from "../rotate-log.mjs";

let folder: string;
let file: string;
let log: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lethe-rotate-"));
  file = join(folder, "loader.log");
  log = openSync(file, "a", 0o600);
});
afterEach(() => {
  closeSync(log);
  rmSync(folder, { recursive: true });
});

test("a log that is large is set aside, and its writer goes on at the new start without knowing", () => {
  writeSync(log, "first\n");
  rotateLog(file, 100);
  expect(readdirSync(folder)).toEqual(["loader.log"]);
  rotateLog(file, 6);
  writeSync(log, "second\n");
  expect(readFileSync(`${file}.1`, "utf8")).toBe("first\n");
  expect(readFileSync(file, "utf8")).toBe("second\n");
});

test("the number of parts is bounded, the oldest goes first, and all are for their owner alone", () => {
  for (let i = 1; i <= 9; i += 1) {
    writeSync(log, `line ${i}\n`);
    rotateLog(file, 1);
  }
  const parts = readdirSync(folder).sort();
  expect(parts).toEqual(["loader.log", ...[1, 2, 3, 4, 5].map((part) => `loader.log.${part}`)]);
  expect(readFileSync(`${file}.1`, "utf8")).toBe("line 9\n");
  expect(readFileSync(`${file}.5`, "utf8")).toBe("line 5\n");
  for (const part of parts) expect(statSync(join(folder, part)).mode & 0o777, part).toBe(0o600);
});

test("a log that is not there is none", () => {
  expect(() => rotateLog(join(folder, "none.log"), 1)).not.toThrow();
});
