import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { ConfigurationError } from "@lethe/contracts/errors";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { asNobody } from "../test/as-nobody.js";
import { type CopyPlaces, copyInput, requireInput } from "./copy-input.js";
import { removeEmptyFolders } from "./empty-folders.js";
import { fileModes } from "./file-modes.js";

let root: string;
let places: CopyPlaces;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), "lethe-copy-"));
  places = {
    source: path.join(root, "raw"),
    landing: path.join(root, "data/landing"),
    unfinished: path.join(root, "data/incoming"),
    modes: fileModes(false),
  };
  await mkdir(path.join(places.source, "date=2020-01-01/hour=00"), { recursive: true });
  await mkdir(places.landing, { recursive: true });
});
afterEach(() => rm(root, { recursive: true }));

const never = new AbortController().signal;
const inSource = (name: string) => path.join(places.source, name);
const inLanding = (name: string) => path.join(places.landing, name);
const FILE = "date=2020-01-01/hour=00/customers.json";
const list = async (folder: string) => (await readdir(folder, { recursive: true })).sort();

describe("copyInput", () => {
  it("copies all files and counts them, leaves the source as it is, and nothing unfinished behind", async () => {
    for (let hour = 0; hour < 40; hour += 1) {
      const folder = `date=2020-01-01/hour=${String(hour).padStart(2, "0")}`;
      await mkdir(inSource(folder), { recursive: true });
      await writeFile(inSource(`${folder}/customers.json`), `record ${hour}`);
    }
    const before = await list(places.source);
    const copied = await copyInput(places, never);
    expect(copied).toEqual({ files: 40, bytes: 10 * 8 + 30 * 9, failures: [] });
    expect(await list(places.landing)).toEqual(before);
    expect(await list(places.source)).toEqual(before);
    expect(await readFile(inLanding("date=2020-01-01/hour=07/customers.json"), "utf8")).toBe("record 7");
    expect(await readdir(path.dirname(places.unfinished))).toEqual(["landing"]);
  });

  it("takes README.md and dot-files at the top for no input", async () => {
    await writeFile(inSource("README.md"), "about");
    await writeFile(inSource(".gitkeep"), "");
    await writeFile(inSource("date=2020-01-01/README.md"), "not at the top");
    await copyInput(places, never);
    expect(await list(places.landing)).toEqual([
      "date=2020-01-01",
      "date=2020-01-01/README.md",
      "date=2020-01-01/hour=00",
    ]);
  });

  it("copies links as links and reads nothing behind them", async () => {
    await symlink("/etc", inSource("date=2020-01-02"));
    await symlink("../nowhere.json", inSource("date=2020-01-01/hour=00/customers.json"));
    expect((await copyInput(places, never)).failures).toEqual([]);
    expect(await readlink(inLanding("date=2020-01-02"))).toBe("/etc");
    expect(await readlink(inLanding("date=2020-01-01/hour=00/customers.json"))).toBe("../nowhere.json");
  });

  it("never writes through a link that lies in landing, nor removes it", async () => {
    const outside = path.join(root, "outside");
    await mkdir(outside);
    await symlink(outside, inLanding("date=2020-01-01"));
    await writeFile(inSource("date=2020-01-01/hour=00/customers.json"), "record");
    await mkdir(inSource("date=2020-01-02"));
    await writeFile(inSource("date=2020-01-02/customers.json"), "record");
    expect(await copyInput(places, never)).toEqual({
      files: 1,
      bytes: 6,
      failures: [{ path: "date=2020-01-01", why: expect.stringContaining(inLanding("date=2020-01-01")) }],
    });
    expect(await readdir(outside)).toEqual([]);
    expect(await readlink(inLanding("date=2020-01-01"))).toBe(outside);
  });

  it("keeps a file of a sender's that stands where a folder belongs, and names the folder as not copied", async () => {
    await writeFile(inLanding("date=2020-01-01"), "sent");
    await writeFile(inSource("date=2020-01-01/hour=00/customers.json"), "record");
    const { files, failures } = await copyInput(places, never);
    expect({ files, failures }).toEqual({
      files: 0,
      failures: [{ path: "date=2020-01-01", why: expect.stringMatching(/is not a folder: move it away/) }],
    });
    expect(await readFile(inLanding("date=2020-01-01"), "utf8")).toBe("sent");
  });

  it("copies into a landing that is a link to a folder, and keeps the link", async () => {
    const inbox = path.join(root, "inbox");
    await mkdir(inbox);
    await rm(places.landing, { recursive: true });
    await symlink(inbox, places.landing);
    await writeFile(inSource("date=2020-01-01/hour=00/customers.json"), "record");
    expect(await copyInput(places, never)).toEqual({ files: 1, bytes: 6, failures: [] });
    expect(await readlink(places.landing)).toBe(inbox);
    expect(await readFile(path.join(inbox, "date=2020-01-01/hour=00/customers.json"), "utf8")).toBe("record");
  });

  it.each([
    { kind: "file of the same size", put: (target: string) => writeFile(target, "sender") },
    { kind: "longer file", put: (target: string) => writeFile(target, "record of a sender") },
    { kind: "link to a file of the same content", put: (target: string) => symlink(inSource(FILE), target) },
    { kind: "link to nothing", put: (target: string) => symlink("nowhere", target) },
    { kind: "folder", put: (target: string) => mkdir(target) },
  ])("leaves what a sender has put into landing, and puts its own beside it: a $kind", async ({ put }) => {
    await writeFile(inSource(FILE), "record");
    await mkdir(path.dirname(inLanding(FILE)), { recursive: true });
    await put(inLanding(FILE));
    const before = await lstat(inLanding(FILE));
    expect(await copyInput(places, never)).toEqual({ files: 1, bytes: 6, failures: [] });
    const after = await lstat(inLanding(FILE));
    expect([after.ino, after.size, after.mtimeMs]).toEqual([before.ino, before.size, before.mtimeMs]);
    const names = await readdir(path.dirname(inLanding(FILE)));
    expect(names).toEqual([expect.stringMatching(/^copy\d+-customers\.json$/), "customers.json"]);
    expect(await readFile(path.join(path.dirname(inLanding(FILE)), names[0] ?? ""), "utf8")).toBe("record");
    // The next start puts no second one beside it.
    expect(await copyInput(places, never)).toEqual({ files: 0, bytes: 0, failures: [] });
    expect(await readdir(path.dirname(inLanding(FILE)))).toEqual(names);
  });

  it("puts no second marker beside one that is there", async () => {
    const marker = "date=2020-01-01/hour=00/_SUCCESS";
    await writeFile(inSource(marker), "of the source");
    await mkdir(path.dirname(inLanding(marker)), { recursive: true });
    await writeFile(inLanding(marker), "");
    expect(await copyInput(places, never)).toEqual({ files: 0, bytes: 0, failures: [] });
    expect(await readdir(path.dirname(inLanding(marker)))).toEqual(["_SUCCESS"]);
  });

  it("copies nothing where the same content lies in landing already", async () => {
    await writeFile(inSource(FILE), "record");
    await copyInput(places, never);
    const before = await lstat(inLanding(FILE));
    expect(await copyInput(places, never)).toEqual({ files: 0, bytes: 0, failures: [] });
    expect((await lstat(inLanding(FILE))).ino).toBe(before.ino);
    expect(await readdir(path.dirname(places.unfinished))).toEqual(["landing"]);
  });

  it("leaves a file of a sender's for a link in the source, and names the link", async () => {
    await symlink("nowhere", inSource(FILE));
    await mkdir(path.dirname(inLanding(FILE)), { recursive: true });
    await writeFile(inLanding(FILE), "sent");
    const { failures } = await copyInput(places, never);
    expect(failures).toEqual([{ path: FILE, why: expect.stringContaining(inLanding(FILE)) }]);
    expect(await readFile(inLanding(FILE), "utf8")).toBe("sent");
  });

  it("copies all while others copy the same and remove folders that are empty", async () => {
    for (let hour = 0; hour < 100; hour += 1) {
      const folder = `date=2020-01-01/hour=${String(hour).padStart(2, "0")}`;
      await mkdir(inSource(folder), { recursive: true });
      await writeFile(inSource(`${folder}/customers.json`), `record ${hour}`);
    }
    const paths = (await list(places.source)).filter((each) => each.endsWith(".json"));
    let isDone = false;
    const removing = (async () => {
      while (!isDone) await removeEmptyFolders(places.landing, paths);
    })();
    const copied = await Promise.all([copyInput(places, never), copyInput(places, never), copyInput(places, never)]);
    isDone = true;
    await removing;
    expect(copied.flatMap(({ failures }) => failures)).toEqual([]);
    expect((await list(places.landing)).filter((each) => each.endsWith(".json"))).toEqual(paths);
  });

  it("names the path in landing that a file cannot be put at, and what to do", async () => {
    const name = `customers.${"x".repeat(240)}.json`;
    await writeFile(inSource(`date=2020-01-01/hour=00/${name}`), "record");
    await mkdir(inLanding(`date=2020-01-01/hour=00/${name}`), { recursive: true });
    const { failures } = await copyInput(places, never);
    expect(failures).toEqual([
      {
        path: `date=2020-01-01/hour=00/${name}`,
        why: expect.stringMatching(new RegExp(`^${inLanding("date=2020-01-01/hour=00")}/.*ENAMETOOLONG.*start again$`)),
      },
    ]);
  });

  it("names a folder and a file that cannot be read, and a name that is no UTF-8, and copies the rest", async () => {
    for (const hour of ["00", "1", "02"]) {
      await mkdir(inSource(`date=2020-01-01/hour=${hour}`), { recursive: true });
      await writeFile(inSource(`date=2020-01-01/hour=${hour}/Customers.JSON`), "record");
    }
    await writeFile(inSource("date=2020-01-01/hour=02/secret.json"), "record", { mode: 0o000 });
    await writeFile(inSource("date=2020-01-01/hour=02/.hidden.tmp"), "record", { mode: 0o000 });
    await writeFile(Buffer.from(inSource("date=2020-01-01/kund\xe9.json"), "latin1"), "record");
    await chmod(inSource("date=2020-01-01/hour=1"), 0o000);
    const copied = await asNobody(root, () => copyInput(places, never));
    expect(copied).toMatchObject({ files: 2, bytes: 12 });
    expect(copied.failures.toSorted((a, b) => (a.path < b.path ? -1 : 1))).toEqual([
      { path: "date=2020-01-01/hour=02/secret.json", why: "EACCES" },
      { path: "date=2020-01-01/hour=1", why: "EACCES" },
      { path: "date=2020-01-01/kund\\xe9.json", why: "the name is not UTF-8; rename it" },
    ]);
  });

  it("stops when it is asked to", async () => {
    await writeFile(inSource("date=2020-01-01/hour=00/customers.json"), "record");
    await expect(copyInput(places, AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
  });
});

describe("requireInput", () => {
  it("refuses a folder that is not there, naming the setting", async () => {
    await expect(requireInput(inSource("none"), places.landing)).rejects.toThrow(/RAW_DATA_DIR: there is no folder/);
  });

  it("refuses a landing that is neither a folder nor a link to one, and says what to do", async () => {
    await rm(places.landing, { recursive: true });
    await symlink(path.join(root, "not mounted"), places.landing);
    const refusal = requireInput(places.source, places.landing);
    await expect(refusal).rejects.toThrow(ConfigurationError);
    await expect(refusal).rejects.toThrow(/data\/landing, .* create or mount the folder/);
  });

  it("refuses a source that copying would change", async () => {
    for (const source of [places.landing, root, inLanding("date=2020-01-01")]) {
      await mkdir(source, { recursive: true });
      await expect(requireInput(source, places.landing), source).rejects.toThrow(ConfigurationError);
    }
    await expect(requireInput(places.source, places.landing)).resolves.toBeUndefined();
  });
});
