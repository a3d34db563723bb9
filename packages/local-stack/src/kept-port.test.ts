import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { keepPort } from "./kept-port.js";

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "lethe-port-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

async function occupy(port: number): Promise<void> {
  const server = createServer().listen(port, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
}

it("keeps a folder's port, below those of outgoing connections", async () => {
  const folder = await newFolder();
  const { port, lost } = await keepPort(folder, "postgres");
  expect(lost).toBeUndefined();
  expect(port).toBeGreaterThanOrEqual(20_000);
  expect(port).toBeLessThan(30_000);
  expect(await keepPort(folder, "postgres")).toEqual({ port, lost: undefined });
  expect((await keepPort(await newFolder(), "postgres")).port).not.toBe(port);
});

it("chooses another when it is taken, says which it was, and stays with the new one", async () => {
  const folder = await newFolder();
  const before = await keepPort(folder, "postgres");
  await occupy(before.port);
  const after = await keepPort(folder, "postgres");
  expect(after).toEqual({ port: expect.any(Number), lost: before.port });
  expect(after.port).not.toBe(before.port);
  expect(await readFile(path.join(folder, "postgres-port"), "utf8")).toBe(`${after.port}\n`);
  expect(await keepPort(folder, "postgres")).toEqual({ port: after.port, lost: undefined });
});

it("takes what is no port in its file for none", async () => {
  const folder = await newFolder();
  await writeFile(path.join(folder, "postgres-port"), "70000\n");
  expect((await keepPort(folder, "postgres")).lost).toBeUndefined();
});
