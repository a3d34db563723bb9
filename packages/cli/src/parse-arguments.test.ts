import { InvalidInputError } from "@lethe/contracts/errors";
import { createDatasets } from "@lethe/datasets/create-datasets";
import { InvalidArgumentError } from "commander";
import { describe, expect, it } from "vitest";
import { checkRange, integerBetween, parseJobs, parseNumber, parseRunId } from "./parse-arguments.js";

const datasets = createDatasets();

describe("parseJobs", () => {
  it("takes jobs in the given order, and all in the order of a full load", () => {
    expect(parseJobs(["products", "customers"], datasets)).toEqual(["products", "customers"]);
    expect(parseJobs(["all"], datasets)).toEqual(["customers", "products", "transactions", "erasure-requests"]);
  });

  it("names the jobs there are when one is unknown", () => {
    expect(() => parseJobs(["customer"], datasets)).toThrow(InvalidInputError);
    expect(() => parseJobs(["customer"], datasets)).toThrow(/unknown job "customer"; jobs are customers, products/);
  });
});

describe("checkRange", () => {
  it.each([
    {},
    { from: "2020-01-31" },
    { from: "2020-01-31T05", to: "2020-01-31T05" },
    { from: "2020-01-31", to: "2020-01-31" },
  ])("takes %o", (range) => {
    expect(() => checkRange(range)).not.toThrow();
  });

  it.each([
    [{ from: "2020-02-30" }, /--from must be/],
    [{ to: "2020-01-31T24" }, /--to must be/],
    [{ to: "" }, /--to must be/],
    [{ from: "2020-01-31T06", to: "2020-01-31T05" }, /--from is after --to/],
  ])("refuses %o", (range, message) => {
    expect(() => checkRange(range)).toThrow(message);
  });
});

describe("options", () => {
  it("reads whole numbers within their limits only", () => {
    const parse = integerBetween(1, 65_535);
    expect(parse("8080")).toBe(8080);
    for (const text of ["0", "65536", "-1", "1.5", "1e3", "", " 7"]) {
      expect(() => parse(text), text).toThrow(InvalidArgumentError);
    }
  });

  it("reads numbers and run ids", () => {
    expect(parseNumber("0.005")).toBe(0.005);
    expect(() => parseNumber(" ")).toThrow(InvalidArgumentError);
    expect(parseRunId("6C1D8A52-6A0E-4B0E-9A36-0D6A3D1C2F10")).toBe("6c1d8a52-6a0e-4b0e-9a36-0d6a3d1c2f10");
    expect(() => parseRunId("6c1d8a52")).toThrow(InvalidArgumentError);
  });
});
