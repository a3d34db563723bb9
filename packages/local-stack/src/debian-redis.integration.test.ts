import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { runProgram } from "./run-program.js";

const LEFT_OUT = ["redis-server", "valkey-server", "docker"];

test("without a Redis on the PATH and without Docker, Debian's package is unpacked and used", async () => {
  const directory = await temporaryFolder();
  const programs = await programsWithout(LEFT_OUT);

  const stack = await startWithPath(directory, programs);

  // Elsewhere than on Debian and its kin, and where its packages cannot be reached, the way out is a clear error.
  if ((await debianPackagesAnswer()).ok) {
    expect(stack).toMatchObject({ postgres: "embedded", redis: "debian-package" });
  } else {
    expect(stack).toMatchObject({ code: "configuration_invalid", message: expect.stringContaining("set REDIS_URL") });
  }
});

async function debianPackagesAnswer() {
  const folder = await temporaryFolder();
  return runProgram("apt-get", ["download", "redis-server"], { cwd: folder });
}

/** Starts a stack in a process of its own whose PATH is one folder, and returns the line that it prints. */
async function startWithPath(directory: string, programs: string): Promise<unknown> {
  const file = fileURLToPath(new URL("../test-fixtures/own-a-stack.mjs", import.meta.url));
  const owner = spawn(process.execPath, [file, directory], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, PATH: programs },
  });
  const [line] = await once(createInterface({ input: owner.stdout }), "line");
  const exited = once(owner, "exit");
  owner.stdin.end();
  await exited;
  return JSON.parse(String(line));
}

/** Creates a folder with a link to every program of this machine's PATH but some. */
async function programsWithout(names: readonly string[]): Promise<string> {
  const folder = await temporaryFolder();
  const seen = new Set(names);
  for (const place of (process.env.PATH ?? "").split(path.delimiter)) {
    for (const name of await readdir(place).catch(() => [])) {
      if (!seen.has(name)) await symlink(path.join(place, name), path.join(folder, name));
      seen.add(name);
    }
  }
  return folder;
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "lethe-debian-redis-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
