import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRunning, type ProcessIdentity } from "@lethe/local-stack/process-identity";
import { runLethe } from "@lethe/test-kit/program";
import { fromRepository } from "@lethe/test-kit/repository";
import { openTestPlace, type TestPlace } from "@lethe/test-kit/test-place";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";

// `lethe up` with servers that are given, under a shell as npm starts it.

let place: TestPlace;
let folder: string;
let environment: Record<string, string>;
beforeAll(async () => {
  place = await openTestPlace();
  folder = await mkdtemp(join(tmpdir(), "lethe-processes-"));
  await mkdir(join(folder, "input"));
  environment = {
    PATH: process.env.PATH ?? "",
    DATABASE_URL: place.databaseUrl,
    REDIS_URL: place.redisUrl,
    LETHE_QUEUE_PREFIX: place.prefix,
    DATA_DIR: join(folder, "data"),
    RAW_DATA_DIR: join(folder, "input"),
    LETHE_PORT: "0",
    // npm sets it.
    npm_lifecycle_event: "start",
  };
});
afterAll(async () => {
  await place.close();
  await rm(folder, { recursive: true });
});

it("says where the first one is to a second one, and ends all with the shell that npm has put between", async () => {
  const shell = await startUnderShell();
  const stack = await readFile(join(folder, "data/stack.json"), "utf8");
  const second = await runLethe(["up"], environment);
  expect(second).toMatchObject({ code: 6, out: "" });
  expect(second.err).toMatch(
    /^lethe: Lethe runs on DATA_DIR, .*, already, as process \d+; its console is at http:.*\. Use it/m,
  );
  expect(await readFile(join(folder, "data/stack.json"), "utf8")).toBe(stack);

  const processes = await processesOf();
  expect(processes).toHaveLength(6);
  shell.kill("SIGKILL");
  await expect.poll(() => runningOf(processes), { timeout: 30_000, interval: 200 }).toEqual([]);
  expect(leftIn(await readdir(join(folder, "data")))).toEqual([]);
});

it("leaves no service and no file behind when it is killed", async () => {
  await startUnderShell();
  const processes = await processesOf();
  const [up] = processes;
  process.kill(up?.pid ?? 0, "SIGKILL");
  await expect.poll(() => runningOf(processes), { timeout: 30_000, interval: 200 }).toEqual([]);
  expect(leftIn(await readdir(join(folder, "data")))).toEqual([]);
});

it("names a DATA_DIR that cannot be used, in a sentence with what to do", async () => {
  const file = join(folder, "a file");
  await writeFile(file, "");
  for (const DATA_DIR of [file, join(file, "below"), "/proc/lethe"]) {
    const { code, err } = await runLethe(["up"], { ...environment, DATA_DIR });
    expect(code, err).toBe(2);
    expect(err).toMatch(/^lethe: DATA_DIR, .*(name a folder|name another|mount it|create)/m);
    expect(err).not.toMatch(/\n\s+at /);
  }
});

async function startUnderShell(): Promise<ChildProcess> {
  const script = `"${process.execPath}" "${fromRepository("packages/cli/bundle/main.js")}" up; exit $?`;
  const shell = spawn("sh", ["-c", script], { env: environment, stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void shell.kill("SIGKILL"));
  let said = "";
  const up = new Promise<void>((resolve, reject) => {
    for (const output of [shell.stdout, shell.stderr]) {
      output.setEncoding("utf8").on("data", (text: string) => {
        said += text;
        if (said.includes("Lethe is up")) resolve();
      });
    }
    void once(shell, "exit").then(() => reject(new Error(said)));
  });
  await up;
  return shell;
}

/** Returns `lethe up`, its keeper and its services. */
async function processesOf(): Promise<ProcessIdentity[]> {
  const { owner, keeper, children } = JSON.parse(await readFile(join(folder, "data/up.lock"), "utf8"));
  return [owner, keeper, ...children];
}

async function runningOf(processes: readonly ProcessIdentity[]): Promise<number[]> {
  const running = await Promise.all(processes.map(isRunning));
  return processes.filter((_process, i) => running[i]).map(({ pid }) => pid);
}

function leftIn(names: readonly string[]): string[] {
  return names.filter((name) => /^(up\.lock|stack\.json)/.test(name) && existsSync(join(folder, "data", name)));
}
