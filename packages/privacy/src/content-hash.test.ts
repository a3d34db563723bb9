import { createHash, randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { contentHashes } from "./content-hash.js";
import { parseKeyring, rotateKeyring } from "./privacy-key.js";

it("is another one for each key, says nothing without it, and stays among those of a ring that was rotated", () => {
  const ring = parseKeyring("11".repeat(32));
  const sha256 = createHash("sha256").update('{"customer-id":"013000"}\n').digest();
  const [hash] = contentHashes(ring, sha256);
  expect(contentHashes(parseKeyring("22".repeat(32)), sha256)[0]).not.toEqual(hash);
  expect(hash).not.toEqual(sha256);
  const rotated = contentHashes(rotateKeyring(ring, randomBytes(32)), sha256);
  expect(rotated[0]).not.toEqual(hash);
  expect(rotated[1]).toEqual(hash);
});
