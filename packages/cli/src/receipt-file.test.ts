import type { Receipt } from "@lethe/contracts/erasures";
import { InvalidInputError } from "@lethe/contracts/errors";
import { hashReceipt } from "@lethe/warehouse/erasures/receipts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sampleReceipts } from "../test/sample-receipt.js";
import { checkReceiptText } from "./receipt-file.js";

const toLines = (receipts: readonly unknown[]) => receipts.map((receipt) => `${JSON.stringify(receipt)}\n`).join("");

/** Returns the receipt at a place of the array; a test that counts wrongly must not pass. */
function at(receipts: readonly Receipt[], index: number): Receipt {
  const receipt = receipts[index];
  if (receipt === undefined) throw new Error(`there is no receipt ${index}`);
  return receipt;
}

describe("a file of receipts", () => {
  const receipts = sampleReceipts(4);

  it.each([
    ["JSON lines", toLines(receipts), 4],
    ["JSON lines with blank ones", `\n${toLines(receipts).replaceAll("\n", "\r\n\r\n")}`, 4],
    ["a JSON array", JSON.stringify(receipts, null, 2), 4],
    ["a single receipt, over several lines", JSON.stringify(at(receipts, 2), null, 2), 1],
    ["a piece of the chain", toLines(receipts.slice(1, 3)), 2],
  ])("is whole as %s", (_, text, count) => {
    const check = checkReceiptText(text);
    expect(check.faults).toEqual([]);
    expect(check.receipts).toHaveLength(count);
  });

  it("names a receipt that is missing", () => {
    const { faults } = checkReceiptText(toLines(receipts.filter(({ sequence }) => sequence !== 2)));
    expect(faults).toEqual(["receipt 3: a receipt before it is missing"]);
  });

  it("names receipts that are out of order", () => {
    const { faults } = checkReceiptText(toLines([at(receipts, 0), at(receipts, 2), at(receipts, 1), at(receipts, 3)]));
    expect(faults.map((fault) => fault.slice(0, 9))).toEqual(["receipt 3", "receipt 2", "receipt 4"]);
  });

  it("names a receipt whose hash was made anew after a change, by the one after it", () => {
    const second = at(receipts, 1);
    const body = { ...second.body, completedAt: "2022-03-02T12:00:00.000Z" };
    const forged = { ...second, body, hash: hashReceipt(second.previousHash, second.sequence, body) };
    const { faults } = checkReceiptText(toLines([at(receipts, 0), forged, at(receipts, 2), at(receipts, 3)]));
    expect(faults).toEqual(["receipt 3: it does not name the receipt before it"]);
  });

  it("names a receipt in which any value was changed, also when it is alone", () => {
    const paths = valuePaths(at(receipts, 1));
    expect(paths.length).toBeGreaterThan(25);
    for (const path of paths) {
      const tampered = changed(at(receipts, 1), path);
      for (const text of [toLines([tampered]), toLines([at(receipts, 0), tampered, at(receipts, 2)])]) {
        expect(checkReceiptText(text).faults, path.join("/")).not.toEqual([]);
      }
    }
  });

  it("names what is no receipt by its place, and checks the others", () => {
    const { faults, receipts: good } = checkReceiptText(
      `${toLines(receipts.slice(0, 2))}{"sequence":3,\n{"sequence":4}\n`,
    );
    expect(faults).toEqual(["entry 3 of the file is no receipt", "entry 4 of the file is no receipt"]);
    expect(good).toHaveLength(2);
  });

  it.each(["", "\n \n", "[]"])("is refused when it holds none: %j", (text) => {
    expect(() => checkReceiptText(text)).toThrow(InvalidInputError);
  });

  it("gives an answer for any text, and never takes it for a receipt", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          expect(checkReceiptText(text).faults.length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidInputError);
        }
      }),
    );
  });
});

type Path = readonly (string | number)[];

function valuePaths(value: unknown, path: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) => valuePaths(inner, [...path, key]));
}

/** Returns a copy in which the value at the path is another one of its kind. */
function changed(value: unknown, path: Path): unknown {
  const [key, ...rest] = path;
  if (key === undefined) {
    if (typeof value === "number") return value + 1;
    if (typeof value === "boolean") return !value;
    if (value === "") return "7";
    return String(value).replace(/[0-9a-z](?=[^0-9a-z]*$)/i, (last) => (last === "7" ? "8" : "7"));
  }
  const copy: unknown = structuredClone(value);
  if (typeof copy === "object" && copy !== null) Reflect.set(copy, key, changed(Reflect.get(copy, key), rest));
  return copy;
}
