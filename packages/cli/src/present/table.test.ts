import { describe, expect, it } from "vitest";
import { formatDuration, formatReasons, formatTable } from "./table.js";

describe("formatTable", () => {
  it("makes columns as wide as their widest text and aligns numbers right", () => {
    const table = formatTable(
      [{ title: "job" }, { title: "rows", align: "right" }],
      [
        ["customers", "5"],
        ["tx", "12,345"],
      ],
    );
    expect(table.split("\n")).toEqual([
      "job          rows",
      "─────────  ──────",
      "customers       5",
      "tx         12,345",
    ]);
  });

  it("shows titles when there is no row, and leaves missing cells empty", () => {
    expect(formatTable([{ title: "a" }, { title: "b" }], [])).toBe("a  b\n─  ─");
    expect(formatTable([{ title: "a" }, { title: "b" }], [["x"]])).toBe("a  b\n─  ─\nx");
  });
});

describe("formatDuration", () => {
  it.each([
    [0, "0 ms"],
    [999, "999 ms"],
    [3_249, "3.2 s"],
    [59_960, "1 min 00 s"],
    [245_000, "4 min 05 s"],
    [7_800_000, "2 h 10 min"],
  ])("writes %d ms as %s", (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });
});

describe("formatReasons", () => {
  it("puts the greatest count first, equal ones by name, and leaves zeros out", () => {
    expect(formatReasons({ schema: 1, duplicate: 1, unknown_sku: 1_300, unreadable: 0 })).toBe(
      "unknown_sku 1,300, duplicate 1, schema 1",
    );
  });
});
