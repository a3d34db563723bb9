import { chown } from "node:fs/promises";

const NOBODY = 65_534;

/** Does something in a folder as a user who is not root, whom permissions stop. Whoever is not root already does it as is. */
export async function asNobody<T>(folder: string, work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return work();
  await chown(folder, NOBODY, NOBODY);
  process.seteuid?.(NOBODY);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}
