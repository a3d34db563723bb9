import { chmod, mkdtemp, open, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { ConfigurationError } from "@lethe/contracts/errors";
import { keyedHash, parseKeyring, pseudonym } from "@lethe/privacy/privacy-key";
import { createSuppressionFinder } from "@lethe/privacy/suppression-list";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { keyFile, readKeyring } from "./privacy-keys.js";
import { rotateKeyFile } from "./rotate-key-file.js";
import { ensurePrivacyKey } from "./up/privacy-key-file.js";

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "lethe-keys-"));
  file = await ensurePrivacyKey(folder);
});
afterEach(() => rm(folder, { recursive: true }));

describe("a rotation", () => {
  it("puts a new key on top, leaves the old ones below, and nothing else in the folder", async () => {
    const before = await readFile(file, "utf8");
    const first = await rotateKeyFile(file);
    const second = await rotateKeyFile(file);
    const lines = (await readFile(file, "utf8")).trim().split("\n");
    expect(lines).toEqual(second.all.map(({ secret }) => secret.toString("hex")));
    expect(lines.slice(1)).toEqual(first.all.map(({ secret }) => secret.toString("hex")));
    expect(lines.at(-1)).toBe(before.trim());
    expect(new Set(lines).size).toBe(3);
    expect(await readdir(folder)).toEqual(["privacy.key"]);
  });

  it("makes a new file that only its owner may read, and leaves the one that a reader has open as it was", async () => {
    await chmod(file, 0o644);
    const before = await readFile(file, "utf8");
    const reader = await open(file);
    const { uid } = await stat(file);
    await rotateKeyFile(file);
    expect(await reader.readFile("utf8")).toBe(before);
    await reader.close();
    const after = await stat(file);
    expect(after.mode & 0o777).toBe(0o600);
    expect(after.uid).toBe(uid);
  });

  it("goes to the file that a link names, and leaves the link", async () => {
    const link = path.join(folder, "current.key");
    await symlink(file, link);
    const { all } = await rotateKeyFile(link);
    expect(parseKeyring(await readFile(file, "utf8")).all).toHaveLength(2);
    expect(readKeyring({ LETHE_PRIVACY_KEY_FILE: link }).all).toEqual(all);
  });

  it("is refused while another one is under way, and loses no key of the two", async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => rotateKeyFile(file)));
    const done = outcomes.filter(({ status }) => status === "fulfilled").length;
    expect(done).toBeGreaterThan(0);
    expect(parseKeyring(await readFile(file, "utf8")).all).toHaveLength(1 + done);
    for (const outcome of outcomes) {
      if (outcome.status === "rejected") expect(outcome.reason).toBeInstanceOf(ConfigurationError);
    }
  });

  it("leaves a file that holds no keys as it is, and repeats nothing of it", async () => {
    await writeFile(file, "no key but a secret\n");
    const rotation = rotateKeyFile(file);
    await expect(rotation).rejects.toThrow(ConfigurationError);
    await expect(rotation).rejects.not.toThrow(/secret/);
    expect(await readFile(file, "utf8")).toBe("no key but a secret\n");
    expect(await readdir(folder)).toEqual(["privacy.key"]);
    await expect(rotateKeyFile(path.join(folder, "other.key"))).rejects.toThrow(ConfigurationError);
  });
});

describe("people who were suppressed before a rotation", () => {
  it("are still known, and their later records get the same pseudonym", async () => {
    const old = readKeyring({ DATA_DIR: folder }).current;
    const identifier = { subjectId: "subject", act: "erase", keyId: old.id, outcome: "pseudonymise" } as const;
    const people = [
      { ...identifier, kind: "customer-id", hash: keyedHash(old, "customer-id", "013000").toString("hex") },
      { ...identifier, kind: "email", hash: keyedHash(old, "email", "jane@example.org").toString("hex") },
    ] as const;
    await rotateKeyFile(file);
    await rotateKeyFile(file);
    const ring = readKeyring({ DATA_DIR: folder });
    expect(ring.current.id).not.toBe(old.id);
    const findSuppression = createSuppressionFinder(people, ring);
    for (const found of [findSuppression("013000", null), findSuppression(null, "jane@example.org")]) {
      expect(found && pseudonym(found.key, "013000")).toBe(pseudonym(old, "013000"));
    }
    expect(findSuppression("013001", "john@example.org")).toBeUndefined();
  });
});

describe("the place of the keys", () => {
  it("is the named file, then the setting itself, then the data folder's own", () => {
    const LETHE_PRIVACY_KEY = "11".repeat(32);
    expect(keyFile({ LETHE_PRIVACY_KEY_FILE: file, LETHE_PRIVACY_KEY })).toBe(file);
    expect(keyFile({ LETHE_PRIVACY_KEY_FILE: "", LETHE_PRIVACY_KEY })).toBeUndefined();
    expect(keyFile({ DATA_DIR: folder, LETHE_PRIVACY_KEY: "" })).toBe(file);
    expect(readKeyring({ LETHE_PRIVACY_KEY }).current.secret).toEqual(Buffer.alloc(32, 0x11));
  });

  it("is named when nothing is there", () => {
    expect(() => readKeyring({ DATA_DIR: "/nonexistent" })).toThrow(/\/nonexistent\/privacy\.key/);
  });
});
