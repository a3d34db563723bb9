import { VERSION } from "@lethe/contracts/version";
import { describe, expect, it } from "vitest";
import { runCli } from "./program.js";

async function run(...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const terminal = { print: (text: string) => out.push(text), note: (text: string) => err.push(text), bars: undefined };
  const input = { ask: undefined, readAll: async () => "" };
  const environment = { DATA_DIR: "/nonexistent" };
  return { code: await runCli(args, { environment, terminal, input }), out: out.join("\n"), err: err.join("\n") };
}

describe("usage", () => {
  it("shows every command and the exit codes, and exits with 0", async () => {
    const { code, out, err } = await run("--help");
    expect(code).toBe(0);
    for (const command of [
      "up",
      "run",
      "status",
      "notices",
      "quarantine",
      "dead-letters",
      "erasure",
      "keys",
      "migrate",
      "generate",
    ])
      expect(out).toContain(command);
    expect(out).toContain("4    the job already has an active run");
    expect(out).toContain("5    done, but files or folders were left");
    expect(err).toBe("");
  });

  it("prints its version", async () => {
    expect(await run("--version")).toEqual({ code: 0, out: VERSION, err: "" });
  });

  it.each([
    ["no command", []],
    ["an unknown command", ["rum"]],
    ["an unknown option", ["status", "--jason"]],
    ["no job", ["run"]],
    ["an unknown job", ["run", "customer"]],
    ["a range that is none", ["run", "all", "--from", "2020-13-45"]],
    ["an unknown reason", ["quarantine", "list", "--reason", "bad"]],
    ["a limit that is no number", ["quarantine", "list", "--limit", "many"]],
    ["CSV and JSON at once", ["quarantine", "list", "--csv", "--json"]],
    ["no dead letter to replay", ["dead-letters", "replay"]],
    ["a dead letter and all", ["dead-letters", "replay", "6c1d8a52-6a0e-4b0e-9a36-0d6a3d1c2f10", "--all"]],
    ["a dead letter's id that is none", ["dead-letters", "replay", "../x"]],
    ["a port that is none", ["up", "--port", "70000"]],
    ["no folder for generated files", ["generate"]],
    ["a trace of a person by an argument", ["trace", "record", "customers", "013000"]],
    ["a trace of requests, which have no key", ["trace", "record", "erasure-requests", "1"]],
    ["a trace of a line that is none", ["trace", "line", "1", "0"]],
    ["a contract of no dataset", ["contract", "export", "customer"]],
    ["an erasure's id that is none", ["erasure", "show", "1"]],
    ["a quarantine id that is none", ["erasure", "approve", "x"]],
    ["a state that is none", ["erasure", "list", "--state", "open"]],
    ["no request", ["erasure", "request"]],
    ["a request among the arguments", ["erasure", "request", "013000"]],
    ["a lift without a note", ["erasure", "lift", "6c1d8a52-6a0e-4b0e-9a36-0d6a3d1c2f10"]],
    ["a lift with an empty note", ["erasure", "lift", "6c1d8a52-6a0e-4b0e-9a36-0d6a3d1c2f10", "--note", " "]],
    ["receipts that are not there", ["erasure", "verify", "--receipts", "/nonexistent"]],
    ["a key file that is not there", ["keys", "rotate"]],
    ["a missing setting", ["status"]],
  ])("exits with 2 and says why for %s", async (_, args) => {
    const { code, out, err } = await run(...args);
    expect(code).toBe(2);
    expect(out).toBe("");
    expect(err).not.toBe("");
  });

  it.each([
    [["rum"], 'unknown command "rum"; did you mean run? `lethe --help` shows the commands'],
    [["keys", "qqq"], 'unknown command "qqq"; commands are rotate, signing, public, recovery, list, help'],
    [["run", "corn"], 'unknown job "corn"; jobs are customers, products, transactions, erasure-requests, all'],
    [
      ["run"],
      "<job> is missing, the jobs, or all (customers, products, transactions, erasure-requests, all); see `lethe run --help`",
    ],
    [["status", "--jason"], "unknown option --jason; did you mean --json? `lethe status --help` shows the options"],
    [
      ["runs", "list", "--csv", "--json"],
      "--csv and --json do not go together: leave one of them out; see `lethe runs list --help`",
    ],
    ["runs list --limit".split(" "), "--limit needs a value, runs on a page; see `lethe runs list --help`"],
    [["erasure", "verify", "--receipts", "/nonexistent"], "--receipts: /nonexistent is not there: name a file that is"],
    [
      ["keys", "signing", "--out", "/nonexistent/key"],
      /^--out: \/nonexistent\/key cannot be written, since its folder is not there: create/,
    ],
  ])("says of %j what is wrong and what to do", async (args, message) => {
    const { err } = await run(...args);
    expect(err.replace(/^lethe: /, "")).toEqual(typeof message === "string" ? message : expect.stringMatching(message));
  });

  it("says which setting is missing and what to do", async () => {
    const { err } = await run("status");
    expect(err).toMatch(/DATABASE_URL is not set, and no `npm start` runs on \/nonexistent/);
  });
});
