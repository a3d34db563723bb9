import { once } from "node:events";
import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import type { PartitionRange } from "@lethe/contracts/partition";
import { openFolderStorage } from "@lethe/storage/folder-storage";
import { asNobody } from "@lethe/test-kit/as-nobody";
import { dataFolderOf, landingOf } from "@lethe/test-kit/data-folder";
import { describe, expect, it, onTestFinished } from "vitest";
import { scanLanding } from "./scan-landing.js";

const EVERYTHING = {};
const MANY = 1_000;
const MOST_UNEXPECTED = 20;

const wanted = (range: PartitionRange = EVERYTHING, maxFiles = MANY) => ({
  dataset: "customers",
  datasets: ["customers", "products", "transactions", "erasure-requests"],
  range,
  maxFiles,
  maxUnexpected: MOST_UNEXPECTED,
});

describe("scanLanding", () => {
  it("finds a dataset's files of every format, ordered by partition and name, and no other dataset's", async () => {
    const data = await landingOf({
      "date=2020-01-02/hour=00/customers.json": "",
      "date=2020-01-01/hour=23/customers.csv.gz": "",
      "date=2020-01-01/hour=05/customers.ndjson": "",
      "date=2020-01-01/hour=05/customers.json.gz": "",
      "date=2020-01-01/hour=05/customers.csv": "",
      "date=2020-01-01/hour=05/customers.ndjson.gz": "",
      "date=2020-01-01/hour=05/products.json": "",
      "date=2020-01-01/hour=05/erasure-requests.json": "",
    });
    const { files, unexpected } = await scanLanding(openFolderStorage(data), wanted());
    expect(files.map(({ path, namedFormat }) => [path, namedFormat.shape, namedFormat.gzip])).toEqual([
      ["date=2020-01-01/hour=05/customers.csv", "csv", false],
      ["date=2020-01-01/hour=05/customers.json.gz", "json", true],
      ["date=2020-01-01/hour=05/customers.ndjson", "ndjson", false],
      ["date=2020-01-01/hour=05/customers.ndjson.gz", "ndjson", true],
      ["date=2020-01-01/hour=23/customers.csv.gz", "csv", true],
      ["date=2020-01-02/hour=00/customers.json", "json", false],
    ]);
    expect(files[0]?.partition).toEqual({ date: "2020-01-01", hour: 5 });
    expect(unexpected).toEqual([]);
  });

  it("looks into the partitions of a range alone", async () => {
    const hours = ["date=2020-01-01/hour=22", "date=2020-01-01/hour=23", "date=2020-01-02/hour=00"];
    const data = await landingOf(Object.fromEntries(hours.map((hour) => [`${hour}/customers.json`, ""])));
    const range = { from: { date: "2020-01-01", hour: 23 }, to: { date: "2020-01-01", hour: 23 } };
    const { files } = await scanLanding(openFolderStorage(data), wanted(range));
    expect(files.map(({ path }) => path)).toEqual(["date=2020-01-01/hour=23/customers.json"]);
  });

  it("gives the first files alone where there are too many, and says how many are left", async () => {
    const names = Array.from({ length: 1_500 }, (_, i) => `customers.${String(i).padStart(4, "0")}.json`);
    const data = await landingOf({
      ...Object.fromEntries(names.toReversed().map((name) => [`date=2020-01-01/hour=05/${name}`, ""])),
      "date=2020-01-01/hour=04/customers.json": "",
      "date=2020-01-01/hour=06/customers.json": "",
    });
    for (const maxFiles of [1, 3, 1_501, 1_502]) {
      const { files, left } = await scanLanding(openFolderStorage(data), wanted(EVERYTHING, maxFiles));
      const all = ["hour=04/customers.json", ...names.map((name) => `hour=05/${name}`), "hour=06/customers.json"];
      expect(files.map(({ path }) => path)).toEqual(all.slice(0, maxFiles).map((path) => `date=2020-01-01/${path}`));
      expect(left).toBe(1_502 - maxFiles);
    }
  });

  it("lists so many unexpected and counts the others", async () => {
    const names = Array.from({ length: MOST_UNEXPECTED + 7 }, (_, i) => `note-${i}.txt`);
    const data = await landingOf(Object.fromEntries(names.map((name) => [`date=2020-01-01/hour=05/${name}`, ""])));
    const { unexpected, otherUnexpected } = await scanLanding(openFolderStorage(data), wanted());
    expect(unexpected).toHaveLength(MOST_UNEXPECTED);
    expect(otherUnexpected).toBe(7);
  });

  it("names each file that is no input, and goes on", async () => {
    const data = await landingOf({
      "customers.json": "",
      "date=2020-13-45/hour=00/customers.json": "",
      "date=2020-01-01/hour=24/customers.json": "",
      "date=2020-01-01/hour=24/deeper/products.json": "",
      "date=2020-01-01/hour=05/customers.json": "",
      "date=2020-01-01/hour=05/customers.json.bak": "",
      "date=2020-01-01/hour=05/customers-products.json": "",
      "date=2020-01-01/hour=05/orders.json": "",
      "date=2020-01-01/hour=05/customers/products.json": "",
      "hour=03/customers.json": "",
      "notes/customers.json": "",
    });
    const { files, unexpected } = await scanLanding(openFolderStorage(data), wanted());
    expect(files.map(({ path }) => path)).toEqual(["date=2020-01-01/hour=05/customers.json"]);
    expect(unexpected.map(({ code, path }) => `${code} ${path}`)).toEqual([
      "partition_invalid customers.json",
      "file_unknown date=2020-01-01/hour=05/customers-products.json",
      "file_unknown date=2020-01-01/hour=05/customers.json.bak",
      "file_unknown date=2020-01-01/hour=05/customers/products.json",
      "file_unknown date=2020-01-01/hour=05/orders.json",
      "partition_invalid date=2020-01-01/hour=24/customers.json",
      "partition_invalid date=2020-01-01/hour=24/deeper/products.json",
      "partition_invalid date=2020-13-45/hour=00/customers.json",
      "partition_invalid hour=03/customers.json",
      "partition_invalid notes/customers.json",
    ]);
  });

  it("takes names that are nearly right, each once, into the partition that they mean", async () => {
    const data = await landingOf({
      "date=2020-01-01/hour=3/customers.json": "",
      "date=2020-01-01/hour=03/Customers.JSON": "",
      "Date=2020-1-1/HOUR=04/customer.csv.GZ": "",
      "date=20200101/customers.jsonl": "",
      "customers/date=2020-01-01/hour=05/part-0000.json": "",
      "date=2020-01-01/hour=06/Customers.json/part-00001.json": "",
      "year=2020/month=1/day=1/hour=7/customers": "",
      "2020/01/01/08/customers.ndjson.gzip": "",
      "date%3D2020-01-01/hour%3D09/customers.json.zst": "",
      "customers_20200101T10.json": "",
      "date=2020-01-01/hour=04/products.JSON": "",
      "date=2020-01-01/hour=04/Erasure Requests.json": "",
    });
    const { files, unexpected } = await scanLanding(openFolderStorage(data), wanted());
    expect(files.map(({ path, partition }) => `${partition.hour} ${path}`)).toEqual([
      "0 date=20200101/customers.jsonl",
      "3 date=2020-01-01/hour=03/Customers.JSON",
      "3 date=2020-01-01/hour=3/customers.json",
      "4 Date=2020-1-1/HOUR=04/customer.csv.GZ",
      "5 customers/date=2020-01-01/hour=05/part-0000.json",
      "6 date=2020-01-01/hour=06/Customers.json/part-00001.json",
      "7 year=2020/month=1/day=1/hour=7/customers",
      "8 2020/01/01/08/customers.ndjson.gzip",
      "9 date%3D2020-01-01/hour%3D09/customers.json.zst",
      "10 customers_20200101T10.json",
    ]);
    expect(new Set(files.map(({ partition }) => partition.date))).toEqual(new Set(["2020-01-01"]));
    expect(unexpected).toEqual([]);
  });

  it("passes over what is hidden, unfinished, or no business of anybody's", async () => {
    const data = await landingOf({
      "README.md": "",
      ".claimed/a-run/date=2020-01-01/hour=05/customers.json": "",
      "lost+found/x": "",
      "date=2020-01-01/.DS_Store": "",
      "date=2020-01-01/hour=05/._customers.json": "",
      "date=2020-01-01/hour=05/customers.json.tmp": "",
      "date=2020-01-01/hour=05/customers.json.filepart": "",
      "date=2020-01-01/hour=05/_SUCCESS": "",
      "date=2020-01-01/hour=05/_temporary/0/customers.json": "",
      "date=2020-01-01/hour=05/customers.json.done": "",
      "date=2020-01-01/hour=05/~$customers.xlsx": "",
    });
    const { files, unexpected } = await scanLanding(openFolderStorage(data), wanted());
    expect(files).toEqual([]);
    expect(unexpected).toEqual([]);
  });

  it("finds nothing unexpected in partitions that were not asked for", async () => {
    const data = await landingOf({
      "date=2020-01-01/hour=05/notes.txt": "",
      "date=2020-01-02/hour=05/customers.json": "",
      "date=2020-01-02/hour=06/notes.txt": "",
      "date=2020-01-02/products.json": "",
    });
    const hour = { date: "2020-01-02", hour: 5 };
    const { files, unexpected } = await scanLanding(openFolderStorage(data), wanted({ from: hour, to: hour }));
    expect(files.map(({ path }) => path)).toEqual(["date=2020-01-02/hour=05/customers.json"]);
    expect(unexpected).toEqual([]);
  });

  it("names a folder that cannot be read, and reads the others", async () => {
    const data = await landingOf({
      "date=2020-01-01/hour=04/customers.json": "",
      "date=2020-01-01/hour=05/customers.json": "",
      "date=2020-01-02/hour=05/customers.json": "",
    });
    for (const folder of ["date=2020-01-01/hour=04", "date=2020-01-02"])
      await chmod(join(data, "landing", folder), 0o000);
    const { files, unexpected } = await asNobody(data, () => scanLanding(openFolderStorage(data), wanted()));
    expect(files.map(({ path }) => path)).toEqual(["date=2020-01-01/hour=05/customers.json"]);
    expect(unexpected).toEqual([
      { code: "folder_unreadable", path: "date=2020-01-01/hour=04", detail: "The system says EACCES." },
      { code: "folder_unreadable", path: "date=2020-01-02", detail: "The system says EACCES." },
    ]);
  });

  it("names what has a name that is no UTF-8", async () => {
    const data = await landingOf({ "date=2020-01-01/hour=05/customers.json": "" });
    const folder = join(data, "landing/date=2020-01-01/hour=05");
    await writeFile(Buffer.from(`${folder}/kund\xe9.json`, "latin1"), "");
    await mkdir(Buffer.from(`${folder}/M\xfcller`, "latin1"));
    const { files, unexpected } = await scanLanding(openFolderStorage(data), wanted());
    expect(files).toHaveLength(1);
    expect(unexpected).toEqual([
      { code: "name_illegible", path: "date=2020-01-01/hour=05/M\\xfcller" },
      { code: "name_illegible", path: "date=2020-01-01/hour=05/kund\\xe9.json" },
    ]);
  });

  it("names what lies deeper than any layout does", async () => {
    const deep = Array.from({ length: 30 }, () => "x".repeat(250)).join("/");
    const data = await landingOf({ "date=2020-01-01/hour=05/customers.json": "", "notes/a.txt": "" });
    let folder = join(data, "landing/deep");
    for (const name of deep.split("/").slice(0, 15)) folder = join(folder, name);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "deepest.txt"), "");
    const { files, unexpected } = await scanLanding(openFolderStorage(data), wanted());
    expect(files).toHaveLength(1);
    expect(unexpected.map(({ code }) => code)).toEqual(["partition_invalid", "partition_invalid"]);
  });

  it("follows no symbolic link, to a file, to a folder, or to nothing", async () => {
    const outside = await dataFolderOf({ "hour=00/customers.json": "", "customers.json": "" });
    const data = await landingOf({ "date=2020-01-01/hour=05/customers.csv": "" });
    await symlink(outside, join(data, "landing", "date=2020-01-02"));
    await symlink(outside, join(data, "landing", "date=2020-01-01/hour=06"));
    await symlink(join(outside, "customers.json"), join(data, "landing", "date=2020-01-01/hour=05/customers.json"));
    await symlink("/nonexistent", join(data, "landing", "date=2020-01-01/hour=05/customers.ndjson"));
    const { files, unexpected } = await scanLanding(openFolderStorage(data), wanted());
    expect(files.map(({ path }) => path)).toEqual(["date=2020-01-01/hour=05/customers.csv"]);
    expect(unexpected).toEqual([
      { code: "path_refused", path: "date=2020-01-01/hour=05/customers.json" },
      { code: "path_refused", path: "date=2020-01-01/hour=05/customers.ndjson" },
      { code: "path_refused", path: "date=2020-01-01/hour=06" },
      { code: "path_refused", path: "date=2020-01-02" },
    ]);
  });

  it("takes a socket or a pipe for no file: reading it would wait for ever", async () => {
    const data = await landingOf({ "date=2020-01-01/hour=05/customers.csv": "" });
    const server = createServer().listen(join(data, "landing", "date=2020-01-01/hour=05/customers.json"));
    onTestFinished(() => void server.close());
    await once(server, "listening");
    const { files, unexpected } = await scanLanding(openFolderStorage(data), wanted());
    expect(files.map(({ path }) => path)).toEqual(["date=2020-01-01/hour=05/customers.csv"]);
    expect(unexpected).toEqual([{ code: "file_unknown", path: "date=2020-01-01/hour=05/customers.json" }]);
  });

  it("names the folders in which nothing is, and no other", async () => {
    const data = await landingOf({
      "date=2020-01-01/hour=05/customers.json": "",
      "date=2020-01-01/hour=06/.hidden": "",
    });
    for (const folder of ["date=2020-01-01/hour=07", "date=2020-01-02/hour=00"]) {
      await mkdir(join(data, "landing", folder), { recursive: true });
    }
    const { emptyFolders } = await scanLanding(openFolderStorage(data), wanted());
    expect([...emptyFolders].sort()).toEqual(["date=2020-01-01/hour=07", "date=2020-01-02/hour=00"]);
  });

  it("finds nothing in a landing that is empty or not there yet", async () => {
    const nothing = { files: [], left: 0, unexpected: [], otherUnexpected: 0, emptyFolders: [] };
    expect(await scanLanding(openFolderStorage(await landingOf({})), wanted())).toEqual(nothing);
    expect(await scanLanding(openFolderStorage("/nonexistent"), wanted())).toEqual(nothing);
  });
});
