import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openFolderStorage } from "@lethe/storage/folder-storage";
import { asNobody } from "@lethe/test-kit/as-nobody";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readFailure, skipReason } from "./skip-reason.js";

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

it("takes a place of a disk that fails for a fault of the file only where the file itself is read", () => {
  const failed = Object.assign(new Error("i/o error"), { code: "EIO", syscall: "read" });
  expect(skipReason(failed)).toBeUndefined();
  expect(readFailure(failed)).toBe("file_failed");
  for (const error of [new Error("anything"), Object.assign(new Error("full"), { code: "ENOSPC", syscall: "write" })]) {
    expect(skipReason(error)).toBeUndefined();
    expect(readFailure(error)).toBeUndefined();
  }
});
