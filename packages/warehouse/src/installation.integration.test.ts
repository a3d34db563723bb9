import { randomUUID } from "node:crypto";
import { ConfigurationError } from "@lethe/contracts/errors";
import type { InstallationStore } from "@lethe/contracts/installation";
import { expect } from "vitest";
import { it } from "../test/ledger-database.js";
import { adoptFolder, joinInstallation, readInstallation } from "./installation.js";

function folderWith(id?: string): InstallationStore {
  let held = id;
  return {
    name: "DATA_DIR, /data,",
    read: async () => held,
    async create(newId) {
      held ??= newId;
      return held;
    },
    async replace(newId) {
      held = newId;
    },
  };
}

it("makes an id for a database and a folder that are both new, once", async ({ pool }) => {
  expect(await readInstallation(pool)).toBeUndefined();
  const folder = folderWith();
  const ids = await Promise.all(Array.from({ length: 4 }, () => joinInstallation(pool, folder)));
  expect(new Set(ids)).toEqual(new Set([await folder.read()]));
  expect(await readInstallation(pool)).toBe(ids[0]);
  expect(await joinInstallation(pool, folder)).toBe(ids[0]);
});

it("gives a new database the id of its folder", async ({ pool }) => {
  const id = randomUUID();
  expect(await joinInstallation(pool, folderWith(id))).toBe(id);
  expect(await readInstallation(pool)).toBe(id);
});

it("refuses a folder that has no marker, and one of another installation, until they are adopted", async ({ pool }) => {
  const id = await joinInstallation(pool, folderWith());
  for (const folder of [folderWith(), folderWith(randomUUID())]) {
    const error: unknown = await joinInstallation(pool, folder).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(String(error)).toContain("DATA_DIR, /data, ");
    expect(String(error)).toContain("lethe data adopt");
    expect(await adoptFolder(pool, folder)).toBe(id);
    expect(await joinInstallation(pool, folder)).toBe(id);
  }
});
