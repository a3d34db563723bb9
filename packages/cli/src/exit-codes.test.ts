import {
  InvalidInputError,
  NotFoundError,
  RunActiveError,
  RunStateError,
  TransientError,
} from "@lethe/contracts/errors";
import { describe, expect, it } from "vitest";
import { explainError } from "./exit-codes.js";

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
