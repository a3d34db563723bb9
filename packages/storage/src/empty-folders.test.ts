import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { removeEmptyFolders } from "./empty-folders.js";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "lethe-folders-"));
});
afterEach(() => rm(root, { recursive: true }));

it("removes what is empty, upwards, and leaves what holds something", async () => {
  await mkdir(join(root, "date=1/hour=1"), { recursive: true });
  await mkdir(join(root, "date=2/hour=1"), { recursive: true });
  await mkdir(join(root, "date=2/hour=2"), { recursive: true });
  await writeFile(join(root, "date=2/hour=2/still-here.json"), "");
  await removeEmptyFolders(root, [
    "date=1/hour=1/a.json",
    "date=1/hour=1/b.json",
    "date=2/hour=1/a.json",
    "date=2/hour=2/a.json",
  ]);
  expect((await readdir(root, { recursive: true })).sort()).toEqual([
    "date=2",
    "date=2/hour=2",
    "date=2/hour=2/still-here.json",
  ]);
});

it("removes a day whose hour somebody else has removed, and never the root", async () => {
  await mkdir(join(root, "date=1"));
  await removeEmptyFolders(root, ["date=1/hour=1/a.json", "loose.json"]);
  expect(await readdir(root)).toEqual([]);
});
