import { describe, expect, it } from "vitest";
import { isClutter } from "./landing-clutter.js";

describe("isClutter", () => {
  it.each([
    ...[".foo", ".DS_Store", "._customers.json", ".nfs000000000000a1", ".customers.json.swp", ".claimed"],
    ...["Thumbs.db", "desktop.ini", "lost+found", "__MACOSX", "README.md", "~$customers.xlsx", "customers.json~"],
    ...["customers.json.tmp", "customers.part", "x.partial", "x.filepart", "x.crdownload", "customers.csv.SWP"],
    ...["_SUCCESS", "_temporary", "_started_4711", "customers.json.done", "customers.json.crc", "customers.json.md5"],
  ])("%s is", (name) => expect(isClutter(name)).toBe(true));

  it.each([
    "customers.json",
    "part-0000.json",
    "customers.part1.json",
    "_customers.json",
    "notes.txt",
    "readme.txt",
    "tmp",
  ])("%s is not", (name) => expect(isClutter(name)).toBe(false));
});
