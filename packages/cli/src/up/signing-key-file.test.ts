import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseSigningKeys } from "@lethe/privacy/signing-key";
import { expect, it } from "vitest";
import { ensureSigningKey } from "./signing-key-file.js";

it("makes one key, also when asked several times at once, that only its owner may read", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "lethe-key-"));
  const files = await Promise.all([ensureSigningKey(folder), ensureSigningKey(folder), ensureSigningKey(folder)]);
  const key = await readFile(files[0], "utf8");
  await ensureSigningKey(folder);
  expect(await readFile(files[0], "utf8")).toBe(key);
  expect(parseSigningKeys(key).publicKeys).toHaveLength(1);
  expect((await stat(files[0])).mode & 0o777).toBe(0o600);
  expect(await readdir(folder)).toEqual(["signing.key"]);
  await rm(folder, { recursive: true });
});
