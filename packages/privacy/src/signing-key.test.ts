import { generateKeyPairSync } from "node:crypto";
import { ConfigurationError } from "@lethe/contracts/errors";
import { describe, expect, it } from "vitest";
import { createSigningKey, parsePublicKeys, parseSigningKeys, rotateSigningKeys } from "./signing-key.js";

// The first test of https://www.rfc-editor.org/rfc/rfc8032#section-7.1
const SEED = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
const SIGNATURE =
  "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b";

describe("a signing key", () => {
  it("signs as the standard says, given as its seed", () => {
    const keys = parseSigningKeys(`${SEED}\n`);
    expect(Buffer.from(keys.sign(""), "base64").toString("hex")).toBe(SIGNATURE);
    expect(keys.keyId).toBe("21fe31df");
  });

  it("is read from PEM, also with line ends as an environment variable has them", () => {
    const pem = createSigningKey();
    const keys = parseSigningKeys(pem);
    expect(parseSigningKeys(pem.replaceAll("\n", "\\n")).publicKeys).toEqual(keys.publicKeys);
    const verify = parsePublicKeys(keys.publicKeys.join(""));
    const signature = keys.sign("message");
    expect(verify(keys.keyId, "message", signature)).toBe(true);
    expect(verify(keys.keyId, "another message", signature)).toBe(false);
    expect(verify("00000000", "message", signature)).toBe(false);
    // The same bytes, written in another way.
    expect(verify(keys.keyId, "message", signature.replace("==", ""))).toBe(false);
  });

  it("leaves of the one before it the public part alone, however often it is rotated", () => {
    const first = createSigningKey();
    const second = rotateSigningKeys(first);
    const third = parseSigningKeys(rotateSigningKeys(second));
    expect(third.publicKeys.slice(1)).toEqual(parseSigningKeys(second).publicKeys);
    expect(third.publicKeys.at(-1)).toBe(parseSigningKeys(first).publicKeys[0]);
    expect(second.match(/BEGIN PRIVATE KEY/g)).toHaveLength(1);
  });

  it.each([
    ["nothing", ""],
    ["a short seed", SEED.slice(2)],
    [
      "a key of another kind",
      generateKeyPairSync("x25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    ],
    ["a public key", parseSigningKeys(SEED).publicKeys[0] ?? ""],
    ["a damaged key", createSigningKey().replace(/[A-Za-z]{8}/, "")],
  ])("is refused when it is %s, without a word of what it holds", (_, text) => {
    const read = () => parseSigningKeys(text);
    expect(read).toThrow(ConfigurationError);
    expect(read).toThrow(/LETHE_SIGNING_KEY .*Ed25519/);
    if (text !== "") expect(read).not.toThrow(text.slice(30, 60));
  });

  it("has public keys that are refused when there are none", () => {
    expect(() => parsePublicKeys("what")).toThrow(/the file of public keys holds no public key/);
  });
});
