import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { UNEXPECTED_EXIT } from "./last-resort.js";

const distOf = (name: string) => JSON.stringify(new URL(`../dist/${name}.js`, import.meta.url).href);

/** Runs a process that handles what is unexpected, ends once it is told to, or, with `hangs`, not by itself. */
async function run(failure: string, hangs = false) {
  const script = `
    const { handleUnexpected } = await import(${distOf("last-resort")});
    const { createLogger } = await import(${distOf("logger")});
    const busy = setInterval(() => undefined, 1000);
    handleUnexpected(createLogger("test", "fatal", []), 300, () => { if (!${hangs}) clearInterval(busy); });
    ${failure}`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script]);
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  const lines = out
    .trim()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
  return { lines, err, code };
}

it.each([
  ["an exception", `setImmediate(() => { throw new TypeError("ana@example.com is no number"); })`],
  ["a rejected promise", `void Promise.reject(new TypeError("ana@example.com is no number"))`],
  ["an event that nobody listens to", `process.stdin.emit("error", new TypeError("ana@example.com is no number"))`],
])("logs %s as one line without what it quotes, and ends in order", async (_what, failure) => {
  const { lines, err, code } = await run(failure);
  expect(code).toBe(UNEXPECTED_EXIT);
  expect(lines).toMatchObject([{ level: 60, service: "test", error: { code: "unexpected" } }]);
  expect(JSON.stringify(lines) + err).not.toContain("ana@example.com");
  expect(err).toBe("");
});

it("ends what does not end by itself", async () => {
  expect(
    await run(`void Promise.reject(new Error("first")); setTimeout(() => { throw new Error("second"); }, 50)`, true),
  ).toMatchObject({ code: UNEXPECTED_EXIT, lines: [{}, {}] });
});
