import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import {
  AlreadyRunningError,
  ConfigurationError,
  InvalidInputError,
  NotFoundError,
  RunActiveError,
  RunStateError,
  ServerEndedError,
  TransientError,
  UnfitDatabaseError,
} from "@lethe/contracts/errors";
import type { RunState } from "@lethe/contracts/runs";
import { describe, expect, it } from "vitest";
import { EXIT, EXIT_CODES_HELP, exitCodeOf, exitCodesTable, explainError } from "./exit-codes.js";

const withCode = (code: string) => Object.assign(new Error("connect to jane@example.com"), { code });

describe("explainError", () => {
  it.each([
    [new InvalidInputError("x"), 2],
    [new NotFoundError("x"), 2],
    [new RunStateError("x"), 2],
    [withCode("42P01"), 2],
    [new TransientError("x"), 3],
    [withCode("ECONNREFUSED"), 3],
    [withCode("57P01"), 3],
    [new AggregateError([withCode("ECONNREFUSED")]), 3],
    [new RunActiveError("customers", "an id"), 4],
    [new AlreadyRunningError("x"), 6],
    [new ServerEndedError("x"), 1],
    [new ConfigurationError("x"), 2],
    [new UnfitDatabaseError("database_version", "x"), 2],
    [withCode("EISDIR"), 1],
    [new Error("x"), 1],
    ["thrown text", 1],
  ])("gives %s the exit code %i", (error, exitCode) => {
    expect(explainError(error).exitCode).toBe(exitCode);
  });

  it("keeps other people's messages to itself, since they may quote a record", () => {
    for (const code of ["ECONNRESET", "EISDIR", "22P02"]) {
      expect(explainError(withCode(code)).message).not.toContain("jane");
    }
  });
});

describe("the exit code of runs", () => {
  const run = (state: RunState, notTaken = 0) => ({ state, notTaken });

  it.each([
    [[run("succeeded")], true, EXIT.succeeded],
    [[run("succeeded"), run("failed", 1)], false, EXIT.failed],
    [[run("cancelled")], true, EXIT.failed],
    [[run("succeeded", 3)], true, EXIT.notTaken],
    [[run("succeeded")], false, EXIT.notTaken],
    [[run("succeeded"), run("succeeded_with_warnings")], true, EXIT.warned],
    [[run("succeeded_with_warnings"), run("failed")], true, EXIT.failed],
    [[run("succeeded_with_warnings", 1)], true, EXIT.notTaken],
  ])("of %j, all copied: %s, is %i", (runs, isAllCopied, code) => {
    expect(exitCodeOf(runs, isAllCopied)).toBe(code);
  });
});

describe("what the codes mean", () => {
  // With `-u` the table is written anew.
  it("stands in the README as it does in --help", async () => {
    const readme = fileURLToPath(new URL("../README.md", import.meta.url));
    const text = await readFile(readme, "utf8");
    const renewed = text.replace(
      /(## Exit codes\n\n)(?:\|.*\n)*/,
      (_table, heading: string) => heading + exitCodesTable(),
    );
    await expect(renewed).toMatchFileSnapshot(readme);
  });

  it("stands in the README of the project, which has a line for each code", async () => {
    const text = await readFile(fileURLToPath(new URL("../../../README.md", import.meta.url)), "utf8");
    const [, table = ""] = /\| exit code(.*?)\n\n/s.exec(text) ?? [];
    const codes = [...table.matchAll(/^\| (\d+) /gm)].map(([, code]) => Number(code));
    expect(codes).toEqual(Object.values(EXIT));
  });

  it("is said of each code, once", () => {
    const codes = [...EXIT_CODES_HELP.matchAll(/^ {2}(\d+) /gm)].map(([, code]) => Number(code));
    expect(codes).toEqual(Object.values(EXIT));
    expect(new Set(codes).size).toBe(codes.length);
  });
});
