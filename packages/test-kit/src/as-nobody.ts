import { execFileSync } from "node:child_process";

const NOBODY = 65_534;

/** Does something in a folder as its owner who is not root, whom permissions stop. */
export async function asNobody<T>(folder: string, work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return work();
  execFileSync("chown", ["-R", String(NOBODY), folder]);
  process.seteuid?.(NOBODY);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}
