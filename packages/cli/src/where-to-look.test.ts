import { expect, it } from "vitest";
import { wholeProgram } from "../test/whole-program.js";
import { allCommands, pathOf } from "./usage-errors.js";
import { withWhereToLook } from "./where-to-look.js";

it.each([
  ["there is no run 7", "lethe runs list"],
  ["there is no erasure 7", "lethe erasure list"],
  ["there is no receipt for erasure 7", "lethe erasure list"],
  ["there is no erasure request 7 that waits for a decision", "lethe erasure requests"],
  ["there is no request 7", "lethe erasure requests"],
  ["there is no open question 7", "lethe erasure questions"],
  ["there is no record 7 in quarantine", "lethe quarantine list"],
  ["there is no dead letter 7", "lethe dead-letters list"],
  ["there is no alert 7", "lethe alerts --all"],
])("after %j names %s, which there is", (message, list) => {
  expect(withWhereToLook(message)).toBe(`${message}; \`${list}\` shows those there are`);
  expect(allCommands(wholeProgram()).map(pathOf)).toContain(list.replace(/ --.*/, ""));
});

it("leaves a message alone that says where to look, or is of another kind", () => {
  for (const message of ["there is no token x; `lethe tokens list` shows them", "the request is wrong"]) {
    expect(withWhereToLook(message)).toBe(message);
  }
});
