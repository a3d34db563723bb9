import { once } from "node:events";
import { symlink } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import type { PartitionRange } from "@lethe/contracts/partition";
import { openFolderStorage } from "@lethe/storage/folder-storage";
import { describe, expect, it, onTestFinished } from "vitest";
import { dataFolderOf, landingOf } from "../test/data-folder.js";
import { MOST_UNEXPECTED, scanLanding } from "./scan-landing.js";

const EVERYTHING = {};
const MANY = 1_000;

const wanted = (range: PartitionRange = EVERYTHING, maxFiles = MANY) => ({
  dataset: "customers",
  datasets: ["customers", "products", "transactions", "erasure-requests"],
  range,
  maxFiles,
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
    expect(files.map(({ path, format }) => [path, format.shape, format.gzip])).toEqual([
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

  it("names what is no input, and goes on", async () => {
    const data = await landingOf({
      "customers.json": "",
      "date=2020-13-45/hour=00/customers.json": "",
      "date=2020-01-01/hour=24/customers.json": "",
      "date=2020-01-01/hour=5/customers.json": "",
      "date=2020-01-01/customers.json": "",
      "date=2020-01-01/hour=05/customers.json": "",
      "date=2020-01-01/hour=05/Customers.json": "",
      "date=2020-01-01/hour=05/customers.json.bak": "",
      "date=2020-01-01/hour=05/customers.json.gz.gz": "",
      "date=2020-01-01/hour=05/orders.json": "",
      "date=2020-01-01/hour=05/customers.csv/customers.csv": "",
      "notes/customers.json": "",
    });
    const { files, unexpected } = await scanLanding(openFolderStorage(data), wanted());
    expect(files.map(({ path }) => path)).toEqual(["date=2020-01-01/hour=05/customers.json"]);
    const named = unexpected.map(({ code, path }) => `${code} ${path}`).sort();
    expect(named).toEqual([
      "file_unknown customers.json",
      "file_unknown date=2020-01-01/customers.json",
      "file_unknown date=2020-01-01/hour=05/Customers.json",
      "file_unknown date=2020-01-01/hour=05/customers.csv",
      "file_unknown date=2020-01-01/hour=05/customers.json.bak",
      "file_unknown date=2020-01-01/hour=05/customers.json.gz.gz",
      "file_unknown date=2020-01-01/hour=05/orders.json",
      "partition_invalid date=2020-01-01/hour=24",
      "partition_invalid date=2020-01-01/hour=5",
      "partition_invalid date=2020-13-45",
      "partition_invalid notes",
    ]);
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

  it("finds nothing in a landing that is empty or not there yet", async () => {
    const nothing = { files: [], left: 0, unexpected: [], otherUnexpected: 0 };
    expect(await scanLanding(openFolderStorage(await landingOf({})), wanted())).toEqual(nothing);
    expect(await scanLanding(openFolderStorage("/nonexistent"), wanted())).toEqual(nothing);
  });
});
