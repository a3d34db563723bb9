import { expect, it } from "vitest";
import { printedPaths } from "./printed-paths.js";

it.each([
  ["date=2020-01-01/hour=05/jane.doe@example.org.json", "date=2020-01-01/hour=05/[email]"],
  ["export of jane%40example.org.csv", "export of [email]"],
  ["date=20200101/customer 013000.pdf", "date=20200101/customer [number].pdf"],
  ["orders-20200101.csv", "orders-20200101.csv"],
  ["orders-20209901.csv", "orders-[number].csv"],
  ["date=2020-13-45/hour=00/100%.json", "date=2020-13-45/hour=00/100%.json"],
  ["a%20b.txt", "a%20b.txt"],
])("prints %s as %s", (path, printed) => expect(printedPaths([path])).toEqual([printed]));

it("tells names apart that are the same without what was left out", () => {
  expect(printedPaths(["a/000001.pdf", "a/000002.pdf", "b/000001.pdf", "a/000003.pdf"])).toEqual([
    "a/[number].pdf",
    "a/[number].pdf (2)",
    "b/[number].pdf",
    "a/[number].pdf (3)",
  ]);
});

it("cuts a very long path in its middle, so that an index can hold it", () => {
  const [printed = ""] = printedPaths([`start/${"漢".repeat(3_000)}/end.txt`]);
  expect(printed).toMatch(/^start\/漢+…漢+\/end\.txt$/);
  expect(Buffer.byteLength(printed)).toBeLessThan(2_500);
});
