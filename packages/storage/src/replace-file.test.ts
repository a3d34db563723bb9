import { mkdir, mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { replaceFile } from "./replace-file.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lethe-replace-"));
});
afterEach(() => rm(folder, { recursive: true }));

it("puts a file in place of another, with its own mode, and leaves nothing beside it", async () => {
  const file = join(folder, "file");
  await replaceFile(file, "old");
  await replaceFile(file, "new", 0o600);
  expect(await readFile(file, "utf8")).toBe("new");
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readdir(folder)).toEqual(["file"]);
});

it("leaves nothing behind when it fails", async () => {
  await mkdir(join(folder, "taken"));
  await expect(replaceFile(join(folder, "taken"), "new")).rejects.toMatchObject({ code: "EISDIR" });
  expect(await readdir(folder)).toEqual(["taken"]);
});
