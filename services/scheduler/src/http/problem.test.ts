import {
  ConfigurationError,
  InvalidInputError,
  NotFoundError,
  RunActiveError,
  RunStateError,
  StagedObjectError,
  TransientError,
} from "@lethe/contracts/errors";
import { expect, it } from "vitest";
import { problemOf } from "./problem.js";

const MAX_BODY_BYTES = 4_096;

it.each([
  [new InvalidInputError("from must be a day"), 400, "input_invalid", "from must be a day"],
  [new NotFoundError("there is no run 1"), 404, "not_found", "there is no run 1"],
  [new RunStateError("run 1 is failed"), 409, "run_state", "run 1 is failed"],
  [new TransientError("lost connection"), 503, "transient", undefined],
  [new StagedObjectError("staged/1 is short"), 500, "internal", undefined],
  [new ConfigurationError("X is wrong"), 500, "internal", undefined],
  [new Error("jane@example.org"), 500, "internal", undefined],
  ["jane@example.org", 500, "internal", undefined],
  [
    Object.assign(new Error("'jane@example.org' is not JSON"), { code: "X", statusCode: 400 }),
    400,
    "input_invalid",
    /read/,
  ],
  [Object.assign(new Error("x"), { code: "X", statusCode: 413 }), 413, "body_too_large", "larger than 4096 bytes"],
  [Object.assign(new Error("x"), { code: "X", statusCode: 502 }), 500, "internal", undefined],
])("%s becomes %d %s", (error, status, code, detail) => {
  const answer = problemOf(error, MAX_BODY_BYTES);
  expect(answer).toMatchObject({ status, code });
  if (detail === undefined) expect(answer.detail).toBeUndefined();
  else expect(answer.detail).toMatch(detail);
  expect(JSON.stringify(answer)).not.toContain("jane");
});

it("names the active run", () => {
  expect(problemOf(new RunActiveError("customers", "run-1"), MAX_BODY_BYTES)).toMatchObject({
    status: 409,
    activeRunId: "run-1",
  });
});
