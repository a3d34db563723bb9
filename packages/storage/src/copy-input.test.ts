import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { ConfigurationError } from "@lethe/contracts/errors";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { asNobody } from "../test/as-nobody.js";
import { type CopyPlaces, copyInput, requireInput } from "./copy-input.js";
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

  it("never writes through a link that lies in landing", async () => {
    const outside = path.join(root, "outside");
    await mkdir(outside);
    await symlink(outside, inLanding("date=2020-01-01"));
    await writeFile(inSource("date=2020-01-01/hour=00/customers.json"), "record");
    await copyInput(places, never);
    expect(await readdir(outside)).toEqual([]);
    expect(await readFile(inLanding("date=2020-01-01/hour=00/customers.json"), "utf8")).toBe("record");
  });

  it("names what it cannot copy and copies the rest", async () => {
    await writeFile(inSource("date=2020-01-01/hour=00/customers.json"), "record");
    await writeFile(inSource("date=2020-01-01/hour=00/products.json"), "record");
    await mkdir(inLanding("date=2020-01-01/hour=00/customers.json"), { recursive: true });
    const copied = await copyInput(places, never);
    expect(copied).toEqual({
      files: 1,
      bytes: 6,
      failures: [{ path: "date=2020-01-01/hour=00/customers.json", why: "EISDIR" }],
    });
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

  it("refuses a source that copying would change", async () => {
    for (const source of [places.landing, root, inLanding("date=2020-01-01")]) {
      await mkdir(source, { recursive: true });
      await expect(requireInput(source, places.landing), source).rejects.toThrow(ConfigurationError);
    }
    await expect(requireInput(places.source, places.landing)).resolves.toBeUndefined();
  });
});
