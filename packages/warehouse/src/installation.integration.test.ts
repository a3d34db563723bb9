import { randomUUID } from "node:crypto";
import { ConfigurationError } from "@lethe/contracts/errors";
import type { InstallationStore } from "@lethe/contracts/installation";
import { expect } from "vitest";
import { it } from "../test/ledger-database.js";
import { adoptFolder, hasServices, joinInstallation, readInstallation, succeedFolder } from "./installation.js";
import { createPool } from "./pool.js";

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

it("gives the installation a new id when a new folder succeeds the one before, so that the two never share one", async ({
  pool,
  database,
}) => {
  const former = folderWith();
  const [next, late] = [folderWith(), folderWith()];
  const free = { isFree: async () => true, require: async () => {} };
  expect(await succeedFolder(pool, next, free)).toBe(false);
  const id = await joinInstallation(pool, former);
  expect(await succeedFolder(pool, next, { ...free, isFree: async () => false })).toBe(false);
  const refused = { ...free, require: () => Promise.reject(new ConfigurationError("no key")) };
  await expect(succeedFolder(pool, next, refused)).rejects.toThrow("no key");
  expect(await next.read()).toBeUndefined();

  const at = createPool(database.url, 1, "lethe-loader");
  await at.query("select 1");
  expect(await succeedFolder(pool, next, free)).toBe(false);
  await at.end();
  await expect.poll(() => hasServices(pool)).toBe(false);

  const taken = await Promise.all([next, late].map((folder) => succeedFolder(pool, folder, free)));
  expect(taken).toEqual([true, true]);
  const ids = [id, await next.read(), await late.read()];
  expect(new Set(ids).size).toBe(3);
  expect(ids).toContain(await readInstallation(pool));
  await expect(joinInstallation(pool, former)).rejects.toThrow("belongs to another installation");
});
