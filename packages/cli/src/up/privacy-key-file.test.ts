import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parsePrivacyKey } from "@lethe/privacy/privacy-key";
import { expect, it } from "vitest";
import { ensurePrivacyKey } from "./privacy-key-file.js";

it("makes one key, also when asked several times at once, that only its owner may read", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "lethe-key-"));
  const files = await Promise.all([ensurePrivacyKey(folder), ensurePrivacyKey(folder), ensurePrivacyKey(folder)]);
  const key = await readFile(files[0], "utf8");
  await ensurePrivacyKey(folder);
  expect(await readFile(files[0], "utf8")).toBe(key);
  expect(parsePrivacyKey(key).secret).toHaveLength(32);
  expect((await stat(files[0])).mode & 0o777).toBe(0o600);
  expect(await readdir(folder)).toEqual(["privacy.key"]);
  await rm(folder, { recursive: true });
});
