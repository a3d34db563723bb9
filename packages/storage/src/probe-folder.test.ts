import { link, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { tryToWrite } from "./probe-folder.js";

let folder: string;
let outside: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lethe-probe-"));
  outside = await mkdtemp(join(tmpdir(), "lethe-outside-"));
});
afterEach(() => Promise.all([folder, outside].map((path) => rm(path, { recursive: true }))));

it("leaves nothing, however many look at once", async () => {
  await Promise.all(Array.from({ length: 8 }, () => tryToWrite(folder, 0o600)));
  expect(await readdir(folder)).toEqual([]);
});

it("removes what somebody has left who was killed in the middle", async () => {
  await writeFile(join(folder, ".lethe-probe.tmp"), "");
  await tryToWrite(folder, 0o600);
  expect(await readdir(folder)).toEqual([]);
});

it.each([["symlink", symlink] as const, ["hard link", link] as const])(
  "writes nothing through a %s",
  async (_, make) => {
    const other = join(outside, "other");
    await writeFile(other, "as it was");
    await make(other, join(folder, ".lethe-probe.tmp"));
    await tryToWrite(folder, 0o600);
    expect(await readFile(other, "utf8")).toBe("as it was");
    expect(await readdir(folder)).toEqual([]);
  },
);

it("throws what the operating system says", async () => {
  await expect(tryToWrite(join(folder, "none"), 0o600)).rejects.toMatchObject({ code: "ENOENT" });
});
