import {
  appendFile,
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readlink,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ConfigurationError, PathRefusedError, TransientError } from "@lethe/contracts/errors";
import { describe, expect, it, onTestFinished } from "vitest";
import { AREAS, describeStorage } from "../test/storage-contract.js";
import { AREA_FOLDERS } from "./folder-names.js";
import { openFolderStorage } from "./folder-storage.js";
import type { Area, Storage } from "./storage.js";

const KEY = "date=2020-01-01/hour=05/customers.json";
const TEXT = '{"id":"013000"}\n{"id":"013001"}\n';

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "lethe-storage-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

describeStorage("a folder", async () => openFolderStorage(await newFolder()));

describe("a writer that another one has overtaken", () => {
  const text = (word: string) => [Buffer.from(word)];
  async function stored(content: string): Promise<Storage> {
    const storage = openFolderStorage(await newFolder());
    await (await storage.write("archived", KEY, text(content))).commit();
    return storage;
  }
  const contentOf = async (storage: Storage) => String(await storage.read("archived", KEY));

  it("does not put what it made of a file in place of a newer one", async () => {
    const storage = await stored("as it came");
    const opened = await storage.open("archived", KEY);
    if (opened === undefined) throw new Error("nothing is there");
    const late = await storage.write("archived", KEY, text("one is masked"), { replaces: opened });
    const newer = await storage.write("archived", KEY, text("two are masked"));
    await newer.commit();
    await expect(late.commit()).rejects.toThrow(TransientError);
    await opened.close();
    expect(await contentOf(storage)).toBe("two are masked");
  });

  it("does not put a file in place that another one is still writing", async () => {
    const storage = await stored("as it came");
    const late = await storage.write("archived", KEY, text("late"));
    const newer = await storage.write("archived", KEY, text("newer"));
    await expect(late.commit()).rejects.toThrow(TransientError);
    expect(await contentOf(storage)).toBe("as it came");
    await newer.commit();
    expect(await contentOf(storage)).toBe("newer");
  });

  it("does not put a file where one has been removed or moved since", async () => {
    const storage = await stored("as it came");
    const opened = await storage.open("archived", KEY);
    if (opened === undefined) throw new Error("nothing is there");
    const late = await storage.write("archived", KEY, text("late"), { replaces: opened });
    await storage.move("archived", "quarantined", [{ key: KEY, newKey: KEY }]);
    await expect(late.commit()).rejects.toThrow(TransientError);
    await opened.close();
    expect(await storage.size("archived", KEY)).toBeUndefined();
  });

  it.each([0, 5])("does not go behind the first %i bytes of a file that has changed since", async (after) => {
    const storage = await stored("first");
    const late = await storage.write("archived", KEY, text(" late"), { after });
    const newer = await storage.write("archived", KEY, text(" newer"), { after: 5 });
    await newer.commit();
    await expect(late.commit()).rejects.toThrow(TransientError);
    expect(await contentOf(storage)).toBe("first newer");
  });
});

describe("a folder", () => {
  async function put(storage: Storage, area: Area, key: string, isPrivate = false): Promise<void> {
    await (await storage.write(area, key, [Buffer.from(TEXT)], { isPrivate })).commit();
  }

  it.each(AREAS)(
    "has the files of %s in a folder of its name, and grows them on the same file system",
    async (area) => {
      const data = await newFolder();
      const written = await openFolderStorage(data).write(area, KEY, [Buffer.from(TEXT)]);
      const growing = (await readdir(data, { recursive: true })).filter((path) => path.endsWith(".tmp"));
      expect(growing).toHaveLength(1);
      expect(growing[0]).toMatch(area === "landing" ? /^incoming\// : `${AREA_FOLDERS[area]}/${KEY}`);
      await written.commit();
      const folder = AREA_FOLDERS[area];
      const paths = [folder, `${folder}/${dirname(KEY)}`, `${folder}/${KEY}`];
      expect(await readdir(data, { recursive: true })).toEqual(expect.arrayContaining(paths));
      expect((await readdir(data, { recursive: true })).filter((path) => path.endsWith(".tmp"))).toEqual([]);
    },
  );

  it("follows no link that has a key, and says what it is", async () => {
    const [data, outside] = [await newFolder(), await newFolder()];
    const storage = openFolderStorage(data);
    await writeFile(join(outside, "secret"), TEXT);
    for (const area of AREAS) {
      await mkdir(join(data, AREA_FOLDERS[area]), { recursive: true });
      await symlink(join(outside, "secret"), join(data, AREA_FOLDERS[area], "link"));
      await expect(storage.open(area, "link")).rejects.toThrow(PathRefusedError);
      await expect(storage.read(area, "link")).rejects.toThrow(PathRefusedError);
      for await (const entry of storage.list(area, "")) expect(entry).toEqual({ name: "link", kind: "link" });
    }
    await put(storage, "archived", "link");
    await storage.remove("landing", ["link"]);
    expect(await readdir(outside)).toEqual(["secret"]);
    expect((await storage.read("archived", "link"))?.toString()).toBe(TEXT);
  });

  it("writes no file behind a link in landing, which others write to", async () => {
    const [data, outside] = [await newFolder(), await newFolder()];
    await mkdir(join(data, "landing"));
    await symlink(outside, join(data, "landing/date=2020-01-01"));
    await expect(put(openFolderStorage(data), "landing", KEY)).rejects.toThrow(PathRefusedError);
    expect((await readdir(outside, { recursive: true })).filter((path) => path.endsWith(".json"))).toEqual([]);
    expect(await readdir(join(data, "incoming"))).toEqual([]);
  });

  it("lets its owner alone read a file that is private", async () => {
    const data = await newFolder();
    await put(openFolderStorage(data, { isGroupReadable: true }), "landing", KEY, true);
    expect((await stat(join(data, "landing", KEY))).mode & 0o777).toBe(0o600);
  });

  it.each([
    { umask: 0o000, isGroupReadable: false, file: "600", folder: "700" },
    { umask: 0o022, isGroupReadable: false, file: "600", folder: "700" },
    { umask: 0o000, isGroupReadable: true, file: "640", folder: "750" },
  ])("has files and folders for their owner, or the group, alone: %j", async ({ umask, isGroupReadable, ...modes }) => {
    const [data, source] = [await newFolder(), await newFolder()];
    const before = process.umask(umask);
    onTestFinished(() => void process.umask(before));
    const storage = openFolderStorage(data, { isGroupReadable });
    for (const area of AREAS) await put(storage, area, KEY);
    await mkdir(join(source, dirname(KEY)), { recursive: true });
    await writeFile(join(source, KEY), TEXT, { mode: 0o666 });
    expect((await storage.copyInput(source, AbortSignal.timeout(10_000))).failures).toEqual([]);
    // Those who put files into landing have masks of their own.
    const sent = ["sent.json", "kept.json", "goes-on.json"].map((name) => `${dirname(KEY)}/${name}`);
    for (const key of sent) await writeFile(join(data, "landing", key), TEXT, { mode: 0o666 });
    await storage.move("landing", "archived", [{ key: sent[0] ?? "", newKey: "date=2020-01-02/hour=05/sent.json" }]);
    await storage.move("landing", "quarantined", [{ key: sent[1] ?? "", newKey: "kept.json" }]);
    await storage.move("landing", "processed", [{ key: sent[2] ?? "", newKey: KEY }]);
    await chmod(join(data, "processed_data", KEY), 0o666);
    await (await storage.write("processed", KEY, [Buffer.from(TEXT)], { after: TEXT.length })).commit();
    const found = new Set<string>();
    for (const entry of await readdir(data, { recursive: true, withFileTypes: true })) {
      const { mode } = await stat(join(entry.parentPath, entry.name));
      found.add(`${entry.isFile() ? "file" : "folder"} ${(mode & 0o7777).toString(8)}`);
    }
    expect([...found].sort()).toEqual([`file ${modes.file}`, `folder ${modes.folder}`]);
    expect(await readdir(join(data, "archived_data/date=2020-01-02/hour=05"))).toEqual(["sent.json"]);
  });

  it("moves a link as a link, and leaves the permissions of what it leads to", async () => {
    const [data, outside] = [await newFolder(), await newFolder()];
    const storage = openFolderStorage(data);
    const secret = join(outside, "secret");
    await writeFile(secret, TEXT);
    await chmod(secret, 0o644);
    await mkdir(join(data, "landing"));
    await symlink(secret, join(data, "landing/link"));
    expect(await storage.move("landing", "quarantined", [{ key: "link", newKey: "link" }])).toEqual([true]);
    expect(await readlink(join(data, "quarantined_data/link"))).toBe(secret);
    expect((await stat(secret)).mode & 0o777).toBe(0o644);
  });

  it("removes folders that are empty when their last file has left, and never the area's own", async () => {
    const data = await newFolder();
    const storage = openFolderStorage(data);
    const other = "date=2020-01-01/hour=06/customers.json";
    for (const key of [KEY, other]) await put(storage, "landing", key);
    await storage.move("landing", "archived", [{ key: KEY, newKey: KEY }]);
    expect(await readdir(join(data, "landing/date=2020-01-01"))).toEqual(["hour=06"]);
    await storage.remove("landing", [other]);
    expect(await readdir(join(data, "landing"))).toEqual([]);
  });

  it("leaves a folder of landing in which somebody was at work a moment ago, and removes one that was left alone", async () => {
    const data = await newFolder();
    const storage = openFolderStorage(data, { landingQuietMs: 60_000 });
    const [older, newer] = ["date=2020-01-01/hour=05/customers.json", "date=2020-01-02/hour=06/customers.json"];
    for (const key of [older, newer]) await put(storage, "landing", key);
    const longAgo = new Date(Date.now() - 61_000);
    for (const folder of ["date=2020-01-01/hour=05", "date=2020-01-01"]) {
      await utimes(join(data, "landing", folder), longAgo, longAgo);
    }
    const moves = [older, newer].map((key) => ({ key, newKey: `run/${key}` }));
    expect(await storage.claim(moves)).toEqual(["claimed", "claimed"]);
    expect(await readdir(join(data, "landing"), { recursive: true })).toEqual([
      "date=2020-01-02",
      "date=2020-01-02/hour=06",
    ]);
  });

  it("leaves a folder above one that may go, in which somebody has just made another", async () => {
    const data = await newFolder();
    const storage = openFolderStorage(data, { landingQuietMs: 60_000 });
    await put(storage, "landing", KEY);
    const longAgo = new Date(Date.now() - 61_000);
    await utimes(join(data, "landing", dirname(KEY)), longAgo, longAgo);
    await storage.claim([{ key: KEY, newKey: `run/${KEY}` }]);
    expect(await readdir(join(data, "landing"), { recursive: true })).toEqual(["date=2020-01-01"]);
  });

  it("removes folders that nobody has used for long, and none that holds something or is in use", async () => {
    const data = await newFolder();
    const storage = openFolderStorage(data);
    await put(storage, "landing", "full/file.json");
    for (const folder of ["unused", "used", "linked-to"]) await mkdir(join(data, "landing", folder));
    await symlink("linked-to", join(data, "landing/link"));
    const longAgo = new Date(Date.now() - 61_000);
    for (const folder of ["full", "unused", "linked-to"]) await utimes(join(data, "landing", folder), longAgo, longAgo);
    await storage.removeUnusedFolders(["full", "unused", "used", "link", "gone"], 60_000);
    expect((await readdir(join(data, "landing"))).sort()).toEqual(["full", "link", "linked-to", "used"]);
  });

  it("removes what was abandoned in incoming when it is old enough", async () => {
    const data = await newFolder();
    const storage = openFolderStorage(data);
    await storage.removeAbandoned(0);
    await mkdir(join(data, "incoming"));
    for (const name of ["old", "new"]) await writeFile(join(data, "incoming", name), TEXT);
    await utimes(join(data, "incoming/old"), new Date(0), new Date(0));
    await storage.removeAbandoned(60_000);
    expect(await readdir(join(data, "incoming"))).toEqual(["new"]);
  });

  it("says by the setting that the data folder is not there", async () => {
    const missing = openFolderStorage(join(await newFolder(), "nowhere"));
    await expect(missing.requireReadable()).rejects.toThrow(ConfigurationError);
    await expect(missing.requireReadable()).rejects.toThrow(/^DATA_DIR, .*nowhere, is not there/);
  });

  it.each([
    ["grows", (path: string) => appendFile(path, "more".repeat(5_000)), `${TEXT}${"more".repeat(5_000)}`],
    ["is cut", (path: string) => truncate(path, 5), TEXT.slice(0, 5)],
  ])("gives what is there when a file %s while it is read", async (_what, change, text) => {
    const data = await newFolder();
    const storage = openFolderStorage(data);
    await put(storage, "landing", KEY);
    const file = await storage.open("landing", KEY);
    if (file === undefined) throw new Error("it is not there");
    const pieces: Buffer[] = [];
    for await (const piece of file.bytes(5)) {
      if (pieces.length === 0) await change(join(data, "landing", KEY));
      pieces.push(piece);
    }
    await file.close();
    expect(Buffer.concat(pieces).toString()).toBe(text);
  });
});
