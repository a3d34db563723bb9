import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Command, Option } from "commander";
import { describe, expect, it } from "vitest";
import { leafCommands, wholeProgram } from "../test/whole-program.js";
import { runCli } from "./program.js";
import { pathOf } from "./usage-errors.js";

const program = wholeProgram();
const commands = leafCommands(program);
const pathAndCommand = commands.map((command): [string, Command] => [pathOf(command), command]);

describe("JSON", () => {
  /** Commands whose output is no result of Lethe's, and why. */
  const WITHOUT: Readonly<Record<string, string>> = {
    "lethe up": "it stays; what it ran is in `lethe runs list --json`",
    "lethe psql": "psql prints",
    "lethe completion": "it prints a script for a shell",
    "lethe erasure export": "it prints lines of JSON anyway",
    "lethe contract export": "it has --format json",
  };

  it.each(pathAndCommand)("%s prints JSON, or is known not to", (path, command) => {
    const hasJson = command.options.some(({ long }) => long === "--json");
    expect(hasJson).toBe(!(path in WITHOUT));
  });

  it("no reason is left of a command that is gone", () => {
    const paths = new Set(commands.map(pathOf));
    expect(Object.keys(WITHOUT).filter((path) => !paths.has(path))).toEqual([]);
  });
});

describe("values", () => {
  /** What stands in these is free; the command itself says what is wrong with it. */
  const FREE = new Set(["<file>", "<path>", "<folder>", "<text>"]);
  const placeholderOf = ({ flags }: Option) => /<[^>]*>/.exec(flags)?.[0];
  const checked = commands.flatMap((command) =>
    command.options
      .filter((option) => placeholderOf(option) !== undefined && !FREE.has(placeholderOf(option) ?? ""))
      .map((option): [string, string, Command] => [pathOf(command), option.long ?? "", command]),
  );
  const checkedArguments = commands.flatMap((command) =>
    command.registeredArguments
      .map((argument, position) => ({ argument, position }))
      .filter(({ argument }) => argument.parseArg !== undefined)
      .map(({ argument, position }): [string, string, number, Command] => [
        pathOf(command),
        argument.name(),
        position,
        command,
      ]),
  );
  const givenOptions = (command: Command, except?: Option) =>
    command.options
      .filter((option) => option.mandatory && option !== except)
      .map(({ long, argChoices }) => `${long}=${argChoices?.[0] ?? "1"}`);
  const givenArguments = (command: Command) =>
    command.registeredArguments.map(({ argChoices }) => argChoices?.[0] ?? ID);
  /** Arguments in which anything may stand. */
  const FREE_ARGUMENTS: Readonly<Record<string, string>> = {
    "lethe psql arguments": "psql's own",
    "lethe trace record key": "a key of any dataset",
    "lethe trace line file": "a number or a path: the command says which paths there are",
    "lethe tokens create name": "checked with the database's rules",
    "lethe tokens revoke name": "a name that the database knows",
    "lethe analyst create name": "checked with the database's rules",
    "lethe analyst drop name": "a name that the database knows",
  };

  const ID = "6c1d8a52-6a0e-4b0e-9a36-0d6a3d1c2f10";
  const WRONG = "\u001b[31mno?such!value";

  it.each(checked)("%s says which value of %s was wrong, and what it must be", async (path, long, command) => {
    const own = command.options.find((option) => option.long === long);
    const { code, err } = await lethe([...wordsOf(path), `${long}=${WRONG}`, ...givenOptions(command, own)]);
    expect(code).toBe(2);
    expect(err).toMatch(new RegExp(`^lethe: .*${long}\\b`));
    expectHelpful(err);
  });

  it.each(checkedArguments)(
    "%s says which value of <%s>, argument %i, was wrong",
    async (path, name, position, command) => {
      const args = givenArguments(command).map((given, i) => (i === position ? WRONG : given));
      const { code, err } = await lethe([...wordsOf(path), ...givenOptions(command), ...args]);
      expect(code).toBe(2);
      expect(err).toContain(name);
      expectHelpful(err);
    },
  );

  function expectHelpful(err: string): void {
    expect(err).toContain("no?such!value");
    expect(err).not.toContain("\u001b");
    expect(err).toMatch(/it must be|it is one of|s are /);
    expect(err).not.toMatch(/error:|Allowed choices|is invalid/);
  }

  it("every other argument is known to be free", () => {
    const free = commands.flatMap((command) =>
      command.registeredArguments
        .filter(({ parseArg }) => parseArg === undefined)
        .map((argument) => `${pathOf(command)} ${argument.name()}`),
    );
    expect(free.sort()).toEqual(Object.keys(FREE_ARGUMENTS).sort());
  });

  it.each(pathAndCommand)("%s says what is missing, unknown or too much", async (path, command) => {
    const words = [...wordsOf(path), ...givenOptions(command)];
    const isRequired = command.registeredArguments.some(({ required }) => required);
    if (isRequired) expect((await lethe(words)).err).toMatch(/^lethe: .*> is missing, .*; see `lethe .*--help`$/);
    if (path !== "lethe psql") {
      const { code, err } = await lethe([...words, "--no-such-option"]);
      expect(code).toBe(2);
      expect(err).toBe(`lethe: unknown option --no-such-option; \`${path} --help\` shows the options`);
    }
    for (const option of command.options.filter(({ mandatory }) => mandatory)) {
      const { code, err } = await lethe([...wordsOf(path), ...givenOptions(command, option)]);
      expect(code).toBe(2);
      expect(err).toBe(`lethe: ${option.flags} is missing, ${describeOption(option)}; see \`${path} --help\``);
    }
    if (command.registeredArguments.some(({ variadic }) => variadic)) return;
    const ids = givenArguments(command);
    const numbers = ids.map((given) => (given === ID ? "1" : given));
    const outcomes = [await lethe([...words, ...ids, "surplus"]), await lethe([...words, ...numbers, "surplus"])];
    const refused = outcomes.find(({ err }) => !err.includes("is wrong for"));
    expect(refused?.code).toBe(2);
    expect(refused?.err).toMatch(
      / takes (no argument|one argument|\d arguments), and got \d: leave out what is too much/,
    );
    expect(refused?.err).not.toContain("surplus");
  });
});

describe("names", () => {
  /** Of the command line alone, and why. */
  const OWN: Readonly<Record<string, string>> = {
    json: "how it is printed",
    csv: "how it is printed",
    follow: "the API has the run's address",
    all: "several at once",
    dryRun: "the API has addresses that end in /plan",
    once: "of `lethe up`",
    port: "of `lethe up`",
    file: "where a request is read from, which must not stand among the arguments",
    out: "where it is written to",
    html: "where a page is written to",
    receipts: "a file of receipts",
    publicKey: "a file of keys",
    recoveryKey: "a file of keys",
    checkpoint: "a file",
    passwordFile: "a file",
    from: "the API's, and a file of `lethe erasure reapply`",
    to: "the API's, and the outcome of `lethe erasure strengthen`",
    ground: "the API's `reason` of a discard, beside the `reason` that filters",
    whole: "the API's `record`, in place of `changes`",
    signing: "keys are no matter of the API",
    logins: "of `lethe migrate`",
    backupTaken: "of `lethe migrate`",
    backup: "of `lethe migrate`",
    keys: "of `lethe trace line`",
    role: "tokens are no matter of the API",
    days: "of `lethe generate`",
    customers: "of `lethe generate`",
    transactions: "of `lethe generate`",
    products: "of `lethe generate`",
    erasureRequests: "of `lethe generate`",
    seed: "of `lethe generate`",
    startDate: "of `lethe generate`",
    defectRate: "of `lethe generate`",
    layout: "of `lethe generate`",
    version: "of the program",
  };

  it("an option has the API's name for the same thing, or is the command line's alone", async () => {
    const known = await namesOfApi();
    const options = [program, ...commands].flatMap((command) => command.options);
    const own = new Set(options.map((option) => option.attributeName()).filter((name) => !known.has(name)));
    expect([...own].filter((name) => !(name in OWN)).sort()).toEqual([]);
  });

  it("a former name still works, and is not shown", () => {
    const hidden = commands.flatMap((command) =>
      command.options.filter((option) => option.hidden).map((option) => `${pathOf(command)} ${option.long}`),
    );
    expect(hidden.sort()).toEqual([
      "lethe erasure findings --erasure",
      "lethe erasure strengthen --erasure",
      "lethe quarantine discard --file",
      "lethe quarantine discard --run",
      "lethe quarantine list --file",
      "lethe quarantine list --run",
      "lethe quarantine replay --file",
      "lethe quarantine replay --run",
    ]);
    const list = commands.find((command) => pathOf(command) === "lethe quarantine list");
    list?.parseOptions(["--run", "6c1d8a52-6a0e-4b0e-9a36-0d6a3d1c2f10", "--file", "7"]);
    expect(list?.opts()).toMatchObject({ runId: "6c1d8a52-6a0e-4b0e-9a36-0d6a3d1c2f10", fileId: 7 });
  });
});

function wordsOf(path: string): string[] {
  return path.split(" ").slice(1);
}

function describeOption({ description, argChoices }: Option): string {
  return argChoices === undefined ? description : `${description} (${argChoices.join(", ")})`;
}

interface Operation {
  readonly parameters?: readonly { readonly name: string }[];
  readonly requestBody?: unknown;
}

/** Returns the names of all parameters and of all fields of bodies that the API takes. */
async function namesOfApi(): Promise<Set<string>> {
  const file = fileURLToPath(new URL("../../../docs/openapi.json", import.meta.url));
  const { paths } = JSON.parse(await readFile(file, "utf8")) as { paths: Record<string, Record<string, Operation>> };
  const names = new Set<string>();
  const addProperties = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    if ("properties" in value && typeof value.properties === "object" && value.properties !== null) {
      for (const name of Object.keys(value.properties)) names.add(name);
    }
    for (const part of Object.values(value)) addProperties(part);
  };
  for (const operation of Object.values(paths).flatMap((each) => Object.values(each))) {
    for (const { name } of operation.parameters ?? []) names.add(name);
    addProperties(operation.requestBody);
  }
  return names;
}

async function lethe(args: readonly string[]): Promise<{ readonly code: number; readonly err: string }> {
  const err: string[] = [];
  const terminal = { print: () => undefined, note: (text: string) => void err.push(text), bars: undefined };
  const input = { ask: undefined, readAll: async () => "" };
  const code = await runCli(args, { environment: { DATA_DIR: "/nonexistent" }, terminal, input });
  return { code, err: err.join("\n") };
}
