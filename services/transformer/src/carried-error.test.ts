import * as errors from "@lethe/contracts/errors";
import { describe, expect, it } from "vitest";
import { carryError, reviveError } from "./carried-error.js";

const across = (error: unknown) => reviveError(structuredClone(carryError(error)));

describe("an error that goes from thread to thread", () => {
  it.each([
    new errors.ConfigurationError("a key is missing"),
    new errors.InvalidInputError("not of the schema"),
    new errors.NotFoundError("there is none"),
    new errors.PathRefusedError("leads out"),
    new errors.StagedObjectError("torn"),
    new errors.TransientError("lost"),
  ])("keeps class, code, message and place: %s", (error) => {
    const arrived = across(error);
    expect(arrived).toBeInstanceOf(error.constructor);
    expect(arrived).toMatchObject({ code: error.code, retryable: error.retryable, message: error.message });
    expect(arrived.stack).toBe(error.stack);
  });

  it("keeps name and code of an error that is not Lethe's", () => {
    const error = Object.assign(new TypeError("no space"), { code: "ENOSPC" });
    expect(across(error)).toMatchObject({ name: "TypeError", code: "ENOSPC", message: "no space" });
  });

  it("makes an error of whatever else was thrown", () => {
    expect(across("text")).toBeInstanceOf(Error);
    expect(across(undefined)).toBeInstanceOf(Error);
  });
});
