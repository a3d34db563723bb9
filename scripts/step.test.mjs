import { expect, test } from "vitest";
import { formatSeconds, startStep } from "./step.mjs";

function recorder(isTTY) {
  const written = [];
  return { stream: { isTTY, write: (text) => written.push(text) }, text: () => written.join("") };
}

test.each([
  ["a pipe", false, {}],
  ["a terminal that cannot move its cursor", true, { TERM: "dumb" }],
  ["a build server", true, { TERM: "xterm", CI: "true" }],
])("writes one line without control characters to %s", (_where, isTTY, environment) => {
  const { stream, text } = recorder(isTTY);
  startStep("Building", { stream, environment }).end("Built");
  expect(text()).toMatch(/^Built in 0\.\d s\n$/);
});

test("shows on a terminal what is being done, and then the line alone", () => {
  const { stream, text } = recorder(true);
  const step = startStep("Building", { stream, environment: { TERM: "xterm" } });
  expect(text()).toBe("\r\u001b[2KBuilding … 0 s");
  step.end("Built");
  const [line, ending] = text().split("\r\u001b[2K").slice(-1)[0].split("\n");
  expect(line).toMatch(/^Built in 0\.\d s$/);
  expect(ending).toBe("");
});

test.each([
  [0.04, "0.0 s"],
  [3.21, "3.2 s"],
  [9.96, "10 s"],
  [21.4, "21 s"],
  [59.6, "1 min 00 s"],
  [65, "1 min 05 s"],
])("formats %d seconds as %s", (seconds, text) => {
  expect(formatSeconds(seconds)).toBe(text);
});
