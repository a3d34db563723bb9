import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openFolderStorage } from "@lethe/storage/folder-storage";
import { afterEach, beforeEach, expect, it } from "vitest";
import { asNobody } from "../test/as-nobody.js";
import { skipReason } from "./skip-reason.js";

let data: string;
let folder: string;
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), "lethe-open-"));
  await chmod(data, 0o755);
  folder = join(data, "landing");
  await mkdir(folder);
});
afterEach(() => rm(data, { recursive: true }));

async function whyNotOpened(name: string) {
  return openFolderStorage(data)
    .open("landing", name)
    .then(
      () => "opened",
      (error: unknown) => skipReason(error),
    );
}

it("tells a file that may not be read and a link", async () => {
  await writeFile(join(folder, "secret.json"), "{}", { mode: 0o000 });
  await symlink("secret.json", join(folder, "link.json"));
  expect(await asNobody(data, () => whyNotOpened("secret.json"))).toBe("file_forbidden");
  expect(await whyNotOpened("link.json")).toBe("path_refused");
});

it("does not take a disk that fails for a fault of the file", () => {
  expect(skipReason(Object.assign(new Error("i/o error"), { code: "EIO" }))).toBeUndefined();
  expect(skipReason(new Error("anything"))).toBeUndefined();
});
