import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { createFolderLister } from "./list-whole.js";

it.each([
  ["at once", Number.POSITIVE_INFINITY],
  ["by threads, once every folder was slow", -1],
])("lists folders %s: kinds, and names that are no UTF-8", async (_how, slowMs) => {
  const folder = await mkdtemp(join(tmpdir(), "lethe-list-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "a.json"), "");
  await writeFile(join(folder, "b\uFFFD.json"), "");
  await writeFile(Buffer.from(`${folder}/c\xe9\u00c3.json`, "latin1"), "");
  await mkdir(join(folder, "d"));
  await symlink("d", join(folder, "e"));
  const list = createFolderLister(slowMs);
  for (let i = 0; i < 100; i += 1) {
    const entries = await list(folder);
    expect(entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
      { name: "a.json", kind: "file" },
      { name: "b\uFFFD.json", kind: "file" },
      { name: "c\\xe9\\xc3.json", kind: "illegible" },
      { name: "d", kind: "folder" },
      { name: "e", kind: "link" },
    ]);
  }
  await expect(list(join(folder, "none"))).rejects.toThrow("ENOENT");
});

it("lets other work go on", async () => {
  const folder = await mkdtemp(join(tmpdir(), "lethe-list-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const list = createFolderLister(Number.POSITIVE_INFINITY);
  let turns = 0;
  let isDone = false;
  const turn = () => {
    turns += 1;
    if (!isDone) setImmediate(turn);
  };
  setImmediate(turn);
  for (let i = 0; i < 5_000; i += 1) await list(folder);
  isDone = true;
  expect(turns).toBeGreaterThan(1);
});
