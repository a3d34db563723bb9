import { mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PathRefusedError } from "@lethe/contracts/errors";
import { createDatasets } from "@lethe/datasets/create-datasets";
import { openFolderStorage } from "@lethe/storage/folder-storage";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { fileRequest, isFiledRequest } from "./file-request.js";
import { listFiledRequests } from "./list-filed-requests.js";

let data: string;
let elsewhere: string;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2022-05-01T07:30:00Z") });
  [data = "", elsewhere = ""] = await Promise.all([1, 2].map(() => mkdtemp(join(tmpdir(), "lethe-file-request-"))));
});
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all([data, elsewhere].map((folder) => rm(folder, { recursive: true })));
});

const DAY = "date=2022-05-01";
const { requests } = createDatasets();
const request = () => fileRequest(openFolderStorage(data), requests, "013000", "jane@example.org");

it("puts a request into the current hour of landing, whole, where it is found", async () => {
  const path = await request();
  expect(path).toMatch(/^date=2022-05-01\/hour=07\/erasure-requests\.[0-9a-f-]{36}\.ndjson$/);
  expect(JSON.parse(await readFile(join(data, "landing", path), "utf8"))).toEqual({
    "customer-id": "013000",
    email: "jane@example.org",
  });
  expect(await readdir(join(data, "incoming"))).toEqual([]);
  expect(await listFiledRequests(openFolderStorage(data), requests)).toEqual([path]);
});

it.each([
  ["the day's folder", DAY],
  ["the hour's folder", `${DAY}/hour=07`],
])("writes no request behind a symbolic link: %s", async (_, link) => {
  await mkdir(join(data, "landing", link, ".."), { recursive: true });
  await symlink(elsewhere, join(data, "landing", link));
  await expect(request()).rejects.toThrow(PathRefusedError);
  expect((await readdir(elsewhere, { recursive: true })).filter((name) => name.endsWith("ndjson"))).toEqual([]);
  expect(await readdir(join(data, "incoming"))).toEqual([]);
});

it("takes a landing folder that is itself a link, as an administrator may make it", async () => {
  await symlink(elsewhere, join(data, "landing"));
  const path = await request();
  expect(await realpath(join(data, "landing", path))).toBe(join(await realpath(elsewhere), path));
  expect(await listFiledRequests(openFolderStorage(data), requests)).toEqual([path]);
});

it("finds no requests behind symbolic links", async () => {
  await mkdir(join(data, "landing", DAY), { recursive: true });
  await mkdir(join(elsewhere, "landing"));
  const outside = (await fileRequest(openFolderStorage(elsewhere), requests, "013000", "jane@example.org")).split("/");
  await symlink(join(elsewhere, "landing", DAY, "hour=07"), join(data, "landing", DAY, "hour=06"));
  await mkdir(join(data, "landing", DAY, "hour=05"));
  const file = outside.at(-1) ?? "";
  await symlink(join(elsewhere, "landing", ...outside), join(data, "landing", DAY, "hour=05", file));
  expect(await listFiledRequests(openFolderStorage(data), requests)).toEqual([]);
});

it.each(["../erasure-requests.ndjson", "erasure-requests.ndjson", "erasure-requests.x.ndjson", "a/b", ""])(
  "%j is no name of a filed request",
  (name) => expect(isFiledRequest(requests, name)).toBe(false),
);
