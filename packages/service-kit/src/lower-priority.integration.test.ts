import { spawn } from "node:child_process";
import { constants } from "node:os";
import { json } from "node:stream/consumers";
import { expect, it } from "vitest";

const below = constants.priority.PRIORITY_BELOW_NORMAL;

/**
 * A program that lowers its own priority and prints it, with the priority of its session before and after. The
 * session's priority is null on kernels that do not group processes by session, and for processes that belong to no
 * session's group.
 */
const PROGRAM = `
  import { existsSync, readFileSync } from "node:fs";
  import { getPriority } from "node:os";
  const autogroup = () => (existsSync("/proc/self/autogroup") ? readFileSync("/proc/self/autogroup", "utf8") : "");
  const sessionNice = () => {
    const nice = /nice (-?\\d+)/.exec(autogroup());
    return nice === null ? null : Number(nice[1]);
  };
  const before = sessionNice();
  const { lowerPriority } = await import(process.argv[1]);
  lowerPriority();
  process.stdout.write(JSON.stringify({ priority: getPriority(), before, after: sessionNice() }));
`;

it("lowers the process, and the session that it leads", async () => {
  const { priority, before, after } = await giveWayInProcess({ detached: true });
  expect(priority).toBe(below);
  expect(after).toBe(before === null ? null : below);
});

it("leaves a session alone that others share", async () => {
  const { priority, before, after } = await giveWayInProcess({ detached: false });
  expect(priority).toBe(below);
  expect(after).toBe(before);
});

async function giveWayInProcess({ detached }: { readonly detached: boolean }) {
  const built = new URL("../dist/lower-priority.js", import.meta.url).href;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", PROGRAM, built], {
    detached,
    stdio: ["ignore", "pipe", "inherit"],
  });
  return (await json(child.stdout)) as { priority: number; before: number | null; after: number | null };
}
