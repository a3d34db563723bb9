import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { createTwinFinder, ignoresCase } from "./case-of-names.js";

it("finds names that a disk which ignores case takes for one", () => {
  const twinOf = createTwinFinder();
  expect(twinOf("date=2020-01-01/hour=05/customers.json")).toBeUndefined();
  expect(twinOf("date=2020-01-01/hour=05/customers.json.gz")).toBeUndefined();
  expect(twinOf("date=2020-01-01/hour=05/Customers.JSON")).toBe("date=2020-01-01/hour=05/customers.json");
  expect(twinOf("caf\u00e9.json")).toBeUndefined();
  expect(twinOf("cafe\u0301.json")).toBe("caf\u00e9.json");
});

it("sees that a folder beside it is another one", async () => {
  const folder = await mkdtemp(join(tmpdir(), "lethe-case-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, "incoming"));
  await mkdir(join(folder, "INCOMING"));
  expect(await ignoresCase(join(folder, "incoming"))).toBe(false);
});
