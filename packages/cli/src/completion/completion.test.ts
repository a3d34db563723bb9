import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { wholeProgram } from "../../test/whole-program.js";
import { bashScript } from "./bash-script.js";
import { describeProgram } from "./describe-program.js";
import { fishScript } from "./fish-script.js";
import { zshScript } from "./zsh-script.js";

const run = promisify(execFile);
const program = wholeProgram();

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "lethe-completion-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

describe("what is described", () => {
  it("has every command, and only options that are shown", () => {
    const described = describeProgram(program);
    const list = described.find((command) => command.path === "quarantine list");
    const names = list?.options.map(({ long }) => long);
    expect(names).toContain("--run-id");
    expect(names).toContain("--help");
    expect(names).not.toContain("--run");
    expect(described[0]?.commands.map(({ name }) => name)).toContain("completion");
  });

  it("has no word in which a shell would see more than letters, digits and spaces", () => {
    const words = describeProgram(program).flatMap(({ commands, options, arguments: places }) => [
      ...commands.map(({ name }) => name),
      ...options.flatMap(({ long, values }) => [long, ...(values?.kind === "words" ? values.words : [])]),
      ...places.flatMap(({ values }) => (values.kind === "words" ? values.words : [])),
    ]);
    expect(words.filter((word) => !/^[\w. -]+$/.test(word))).toEqual([]);
  });
});

/** Lines as somebody types them up to the key for completion, and what is offered then. */
const LINES: readonly [line: string, offered: readonly string[]][] = [
  ["lethe ru", ["run", "runs"]],
  ["lethe runs ", ["list", "show", "follow", "cancel", "retry"]],
  ["lethe runs list --st", ["--state"]],
  ["lethe runs list --state suc", ["succeeded", "succeeded_with_warnings"]],
  ["lethe runs list --state succeeded --job pro", ["products"]],
  ["lethe run ", ["customers", "products", "transactions", "erasure-requests", "all"]],
  ["lethe run customers pro", ["products"]],
  ["lethe run --from 2020-01-01 pro", ["products"]],
  ["lethe quarantine list --reason unk", ["unknown_customer", "unknown_sku"]],
  ["lethe erasure decide 6c1d8a52 same", ["same_person"]],
  ["lethe erasure decide same", []],
  ["lethe completion ", ["bash", "zsh", "fish"]],
  ["lethe nothing ", []],
];

/** Bash gives a script the words of the line; `=` it takes for a word of its own. */
const BASH_LINES: readonly [line: string, offered: readonly string[]][] = [
  ...LINES,
  ["lethe erasure requests --state awaiting", ["awaiting\\ second\\ approval"]],
  ["lethe runs list --state = suc", ["succeeded", "succeeded_with_warnings"]],
  [
    "lethe runs list --state =",
    [
      "queued",
      "extracting",
      "processing",
      "finishing",
      "succeeded",
      "succeeded_with_warnings",
      "failed",
      "cancelled",
      "skipped",
    ],
  ],
];

describe("bash", () => {
  it.each(BASH_LINES)("completes %j", async (line, offered) => {
    expect(await completeInBash(line)).toEqual([...offered]);
  });

  it("completes files where an option takes one", async () => {
    const folder = await newFolder();
    await writeFile(path.join(folder, "receipts.json"), "");
    expect(await completeInBash(`lethe erasure verify --receipts ${folder}/re`)).toEqual([`${folder}/receipts.json`]);
  });

  it("is registered for the command", async () => {
    const { stdout } = await run("bash", ["--norc", "-c", `${bashScript(program)}\ncomplete -p lethe`]);
    expect(stdout.trim()).toBe("complete -F _lethe lethe");
  });
});

async function completeInBash(line: string): Promise<string[]> {
  const words = line.split(" ");
  const script = `${bashScript(program)}
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=\${#COMP_LINE}
_lethe
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = await run("bash", [
    "--norc",
    "-u",
    "-c",
    script.replaceAll("\\${", "${"),
    "bash",
    ...words,
  ]);
  expect(stderr).toBe("");
  return stdout.split("\n").filter((word) => word !== "");
}

/** Returns whether a shell is on this machine. Not every one has these two. */
async function has(shell: string): Promise<boolean> {
  return run(shell, ["--version"]).then(
    () => true,
    () => false,
  );
}

describe("the other shells", () => {
  const there = new Map<string, boolean>();
  beforeAll(async () => {
    for (const shell of ["zsh", "fish"]) there.set(shell, await has(shell));
  });

  it("zsh: every line as bash completes it, where there is a zsh, and the scripts' words in any case", async () => {
    const script = zshScript(program);
    for (const { path: words } of describeProgram(program)) expect(script).toContain(`'${words}'`);
    if (there.get("zsh") !== true) return;
    const folder = await newFolder();
    await writeFile(path.join(folder, "_lethe"), script);
    await run("zsh", ["-n", path.join(folder, "_lethe")]);
    for (const [line, offered] of LINES) {
      expect((await completeInZsh(folder, line)).sort(), line).toEqual([...offered].sort());
    }
    expect(await completeInZsh(folder, "lethe erasure requests --state awaiting")).toEqual([
      "awaiting second approval",
    ]);
  }, 60_000);

  it("fish: every line as bash completes it, where there is a fish, and the scripts' words in any case", async () => {
    const script = fishScript(program);
    for (const { path: words } of describeProgram(program).slice(1)) expect(script).toContain(`'${words}'`);
    if (there.get("fish") !== true) return;
    const folder = await newFolder();
    const file = path.join(folder, "lethe.fish");
    await writeFile(file, script);
    await run("fish", ["--no-execute", file]);
    const spaced = await run("fish", [
      "--no-config",
      "-c",
      `source ${file}; complete -C 'lethe erasure requests --state awaiting'`,
    ]);
    expect(spaced.stdout.split("\t")[0]).toBe("awaiting second approval");
    // Which argument it is, fish's script does not count.
    for (const [line, offered] of LINES.filter(
      ([each]) => each !== "lethe erasure decide same" && each !== "lethe nothing ",
    )) {
      const { stdout } = await run("fish", ["--no-config", "-c", `source ${file}; complete -C '${line}'`]);
      const words = stdout.split("\n").map((each) => each.split("\t")[0] ?? "");
      expect(words.filter((word) => word !== "").sort(), line).toEqual([...offered].sort());
    }
  }, 60_000);
});

/** Runs the script as zsh's completion does, with its own builtins replaced by ones that print what they are given. */
async function completeInZsh(folder: string, line: string): Promise<string[]> {
  const script = `
compdef() { :; }
compset() { return 1; }
compadd() { shift; local name="$1"; print -l -- "\${(P@)name}"; }
_describe() { local name="\${@[-1]}"; print -l -- "\${(P@)name%%:*}"; }
_files() { print FILES; }
words=("$@") CURRENT=$# PREFIX="\${@[-1]}"
source ${folder}/_lethe
_lethe`;
  const { stdout } = await run("zsh", ["-f", "-c", script, "zsh", ...line.split(" ")]);
  const typed = line.split(" ").at(-1) ?? "";
  // zsh itself leaves out what does not begin with what was typed.
  return stdout.split("\n").filter((word) => word !== "" && word.startsWith(typed));
}
