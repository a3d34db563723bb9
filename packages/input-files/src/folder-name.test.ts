import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readFileNames } from "./file-name.js";
import { enterFolder, type FolderPlace } from "./folder-name.js";

const names = readFileNames(["customers", "products", "erasure-requests"]);
const placeOf = (path: string): FolderPlace | undefined =>
  path.split("/").reduce<FolderPlace | undefined>((place, name) => place && enterFolder(place, name, names.folder), {});

describe("folders", () => {
  it.each([
    ...["date=2022-01-03/hour=04", "date=2022-1-3/hour=4", "date=20220103/hour=4", "DATE=2022-01-03/HOUR=04"],
    ...["Date=2022_01_03/Hour=4", "dt=2022-01-03/hr=04", "ds=20220103/h=4", "day=2022-01-03/hour=04", "2022-01-03/04"],
    ...[
      "20220103/04",
      "year=2022/month=1/day=3/hour=4",
      "y=2022/m=01/d=03/h=04",
      "2022/01/03/04",
      "date=2022-01-03T04",
    ],
    ...[
      "date%3D2022-01-03/hour%3D04",
      "date = 2022-01-03/hour = 4",
      "date=2022-01-03 04%3A00%3A00",
      "date=2022-01-03/hour=04:00",
    ],
  ])("%s are the fourth hour", (path) => {
    expect(placeOf(path)).toMatchObject({ date: "2022-01-03", hour: 4 });
  });

  it.each([
    ["date=2022-01-03/hour=04/customers", "customers"],
    ["date=2022-01-03/customers/hour=04", "customers"],
    ["customers/date=2022-01-03/hour=04", "customers"],
    ["dataset=Customers/date=2022-01-03/hour=04", "customers"],
    ["date=2022-01-03/hour=04/Customers.json", "customers"],
    ["Erasure_Requests/2022/01/03/04", "erasure-requests"],
  ])("%s are of %s", (path, dataset) => {
    expect(placeOf(path)).toMatchObject({ date: "2022-01-03", hour: 4, dataset });
  });

  it("know a day without an hour", () => {
    expect(placeOf("date=2022-01-03")).toEqual({ date: "2022-01-03" });
  });

  it.each([
    ...[
      "date=2022-13-45",
      "date=2022-02-30",
      "date=01-02-2022",
      "date=03.01.2022",
      "date=",
      "hour=03",
      "notes",
      "03",
      "date=2022",
    ],
    ...[
      "date=2022-01-03/hour=24",
      "date=2022-01-03/hour=-1",
      "date=2022-01-03/hour=004",
      "date=2022-01-03/4",
      "date=2022-01-03/hour=x",
    ],
    ...[
      "date=2022-01-03/date=2022-01-03",
      "date=2022-01-03/hour=04/hour=04",
      "customers/products",
      "customers/customers",
    ],
    ...[
      "year=2022/month=13",
      "2022/1",
      "year=2022/month=02/day=30",
      "date=2022-01-03T24",
      "20/22/01",
      "customers_deleted",
      "",
    ],
  ])("%j say nothing, or two things", (path) => {
    expect(placeOf(path)).toBeUndefined();
  });

  it("keep every year that has four digits, as before", () => {
    for (const year of ["0001", "1850", "2199", "9999"])
      expect(placeOf(`date=${year}-01-03`)?.date).toBe(`${year}-01-03`);
  });

  it("are the same in every spelling, for every hour", () => {
    const day = fc.date({ min: new Date("1900-01-01"), max: new Date("2099-12-31"), noInvalidDate: true });
    fc.assert(
      fc.property(day, fc.integer({ min: 0, max: 23 }), (time, hour) => {
        const date = time.toISOString().slice(0, 10);
        const [year = "", month = "", dayOfMonth = ""] = date.split("-");
        const hh = String(hour).padStart(2, "0");
        const short = `${year}-${Number(month)}-${Number(dayOfMonth)}`;
        for (const path of [
          `date=${date}/hour=${hh}`,
          `DATE=${short}/Hour=${hour}`,
          `dt=${year}${month}${dayOfMonth}/hr=${hour}`,
          `${year}/${month}/${dayOfMonth}/${hh}`,
          `Year=${year}/month=${Number(month)}/day=${Number(dayOfMonth)}/hour=${hour}`,
        ]) {
          expect(placeOf(path), path).toEqual(expect.objectContaining({ date, hour }));
        }
      }),
    );
  });

  it("never make the reader throw", () => {
    fc.assert(fc.property(fc.array(fc.string({ unit: "binary" })), (parts) => void placeOf(parts.join("/"))));
  });
});
