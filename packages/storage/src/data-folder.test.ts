import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { ConfigurationError, FolderUnavailableError } from "@lethe/contracts/errors";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { type DataFolder, INSTALLATION_FILE, openDataFolder } from "./data-folder.js";
import type { Area } from "./storage.js";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "lethe-data-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
});

const NOBODY = 65_534;

/** Does something as a user who owns nothing here: for root, no folder is closed. */
async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return work();
  await chmod(root, 0o755);
  process.seteuid?.(NOBODY);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

/** Returns whether it could be mounted, which only root on Linux may. */
function mount(...args: string[]): boolean {
  return spawnSync("mount", args).status === 0;
}

async function refusal(folder: DataFolder): Promise<string> {
  const error: unknown = await folder.requireUsable().catch((thrown: unknown) => thrown);
  if (!(error instanceof ConfigurationError)) throw new Error(`it was not refused: ${String(error)}`);
  expect(error.message).toContain("DATA_DIR");
  expect(error.message).toContain(folder.path);
  return error.message;
}

describe("a folder that can be used", () => {
  it.each(["plain", "a blank", "Größe & Ümlaut", "100% #1 'q\"uote", "deep/er", "slash/"])("is %j", async (name) => {
    const folder = openDataFolder(join(root, name));
    expect(await folder.isNew()).toBe(true);
    await folder.requireUsable();
    const id = randomUUID();
    expect(await folder.installation.read()).toBeUndefined();
    expect(await folder.installation.create(id)).toBe(id);
    expect(await folder.installation.read()).toBe(id);
    await folder.check(id);
    expect(await readdir(folder.path)).toEqual([INSTALLATION_FILE]);
    expect((await stat(join(folder.path, INSTALLATION_FILE))).mode & 0o077).toBe(0);
  });

  it("is a symbolic link to one, and one by a relative path", async () => {
    await mkdir(join(root, "there"));
    await symlink(join(root, "there"), join(root, "link"));
    const id = await openDataFolder(join(root, "link")).installation.create(randomUUID());
    expect(await openDataFolder(join(root, "there")).installation.read()).toBe(id);
    const byRelativePath = openDataFolder(relative(process.cwd(), join(root, "there")));
    expect(byRelativePath.path).toBe(join(root, "there"));
    expect(await byRelativePath.installation.read()).toBe(id);
  });

  it("is new until something other than input lies in it", async () => {
    const folder = openDataFolder(root);
    await mkdir(join(root, "landing/date=2020-01-01/hour=00"), { recursive: true });
    await mkdir(join(root, "archived_data"));
    expect(await folder.isNew()).toBe(true);
    await mkdir(join(root, "archived_data/date=2020-01-01"));
    expect(await folder.isNew()).toBe(false);
  });

  it("gets one id, however many create it at once", async () => {
    const ids = await Promise.all(
      Array.from({ length: 20 }, () => openDataFolder(root).installation.create(randomUUID())),
    );
    expect(new Set(ids).size).toBe(1);
    await openDataFolder(root).installation.replace("00000000-0000-4000-8000-000000000000");
    expect(await openDataFolder(root).installation.read()).toBe("00000000-0000-4000-8000-000000000000");
    expect(await readdir(root)).toEqual([INSTALLATION_FILE]);
  });
});

describe("a folder that cannot be used is named, with the remedy", () => {
  it("a file", async () => {
    await writeFile(join(root, "file"), "");
    expect(await refusal(openDataFolder(join(root, "file")))).toContain("name a folder");
    expect(await refusal(openDataFolder(join(root, "file/below")))).toContain("name a folder");
  });

  it("a link that leads to nothing, or to itself", async () => {
    await symlink(join(root, "nowhere"), join(root, "dangling"));
    expect(await refusal(openDataFolder(join(root, "dangling")))).toContain("leads to nothing");
    await symlink(join(root, "loop"), join(root, "loop"));
    expect(await refusal(openDataFolder(join(root, "loop")))).toContain("leads to itself");
  });

  it("a path that is too long", async () => {
    expect(await refusal(openDataFolder(join(root, "x".repeat(300))))).toContain("too long");
    expect(await refusal(openDataFolder(join(root, "x/".repeat(3_000))))).toContain("too long");
  });

  it("a folder of somebody else", async () => {
    await mkdir(join(root, "closed"), { mode: 0o555 });
    const closed = openDataFolder(join(root, "closed"));
    const why = await asNobody(() => refusal(closed));
    expect(why).toContain("may not be read or written by the services’ user");
    expect(why).toContain("chown");
    if (process.getuid?.() === 0) expect(why).toContain(`belongs to user 0, and this process runs as user ${NOBODY}`);
    await asNobody(() => refusal(openDataFolder(join(root, "closed/below"))));
  });

  it("an area that cannot be written", async () => {
    const area = join(root, "archived_data");
    await mkdir(area, { mode: 0o555 });
    // Root may write wherever the disk can be written.
    if (process.getuid?.() === 0) {
      if (!mount("-t", "tmpfs", "-o", "ro", "tmpfs", area)) return;
      onTestFinished(() => void spawnSync("umount", [area]));
    }
    expect(await refusal(openDataFolder(root))).toContain(`${area}, in DATA_DIR,`);
  });

  it("a disk that is read-only, or full, or was full", async () => {
    const disk = join(root, "disk");
    await mkdir(disk);
    // Elsewhere than as root on Linux nobody may mount one.
    if (!mount("-t", "tmpfs", "-o", "size=64k", "tmpfs", disk)) return;
    onTestFinished(() => void spawnSync("umount", [disk]));
    const folder = openDataFolder(disk);
    const id = await folder.installation.create(randomUUID());
    await writeFile(join(disk, "much"), Buffer.alloc(1024 * 1024)).catch(() => undefined);
    expect(await refusal(folder)).toContain("has no room left");
    await expect(folder.check(id)).rejects.toMatchObject({ code: "folder_full", retryable: true });
    await rm(join(disk, "much"));
    await expect.poll(() => folder.check(id).then(() => "well", String), { timeout: 5_000 }).toBe("well");
    mount("-o", "remount,ro", disk);
    expect(await refusal(folder)).toContain("mounted read-only");
    await expect.poll(() => folder.check(id).catch(({ code }) => code), { timeout: 5_000 }).toBe("folder_read_only");
  });

  it("an area that has no room, too little of it, or is read-only, and others that have", async () => {
    const folder = openDataFolder(root);
    const id = await folder.installation.create(randomUUID());
    const staging = join(root, "staging");
    await mkdir(staging);
    if (!mount("-t", "tmpfs", "-o", "size=17m", "tmpfs", staging)) return;
    onTestFinished(() => void spawnSync("umount", [staging]));
    // Anew, since one keeps for a while what it has seen.
    const stateOf = (areas: readonly Area[]) =>
      openDataFolder(root)
        .requireWritable(id, areas)
        .then(
          () => "well",
          ({ code, message }) => `${code} ${message}`,
        );
    const state = () => stateOf(["staging"]);
    expect(await state()).toBe("well");
    await writeFile(join(staging, "much"), Buffer.alloc(2 * 1024 * 1024));
    expect(await state()).toMatch(/^folder_full .*staging, in DATA_DIR, has 15 MiB left/);
    expect(await stateOf(["landing", "claimed", "archived"])).toBe("well");
    await rm(join(staging, "much"));
    expect(await state()).toBe("well");
    mount("-o", "remount,ro", staging);
    expect(await state()).toMatch(/^folder_read_only .*staging, in DATA_DIR/);
    await expect(folder.check(id)).resolves.toBeUndefined();
    expect((await readdir(staging)).filter((name) => name.includes("probe"))).toEqual([]);
  });

  it("a marker that holds something else", async () => {
    await writeFile(join(root, INSTALLATION_FILE), '{"installation": "mine"}');
    await expect(openDataFolder(root).installation.read()).rejects.toThrow("lethe data adopt");
    expect(await readFile(join(root, INSTALLATION_FILE), "utf8")).toContain("mine");
  });
});

describe("a folder that changes while services run", () => {
  it.each([
    ["is gone", "folder_missing", (path: string) => rm(path, { recursive: true })],
    ["has lost its marker", "folder_foreign", (path: string) => rm(join(path, INSTALLATION_FILE))],
    ["is another one", "folder_foreign", (path: string) => openDataFolder(path).installation.replace(randomUUID())],
  ])("%s", async (_what, code, change) => {
    const folder = openDataFolder(join(root, "data"));
    const id = await folder.installation.create(randomUUID());
    await change(folder.path);
    const error: unknown = await folder.check(id).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(FolderUnavailableError);
    expect(error).toMatchObject({ code, message: expect.stringContaining(folder.path) });
  });
});
