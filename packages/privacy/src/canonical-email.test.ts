import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalEmail } from "./canonical-email.js";

const INVISIBLE = ["\u200b", "\u200d", "\u00ad", "\ufeff", "\u2060", "\u0000", "\u001b", "\u202e"];

describe("the canonical form of an email", () => {
  it.each([
    ["Jane.Doe@Example.ORG"],
    [" jane.doe@example.org\n"],
    ["jane.doe@example.org."],
    ["jane.doe@example.org.. "],
    ["jane\u200b.doe@exam\u00adple.org"],
    ["\ufeffjane.doe@example.org\u0000"],
    ["jane.doe @ example.org"],
  ])("of %j is that of the plain address", (spelling) => {
    expect(canonicalEmail(spelling)).toBe("jane.doe@example.org");
  });

  it.each([
    "zo\u00eb@b\u00fccher.example",
    "zoe\u0308@bu\u0308cher.example",
    "ZO\u00cb@B\u00dcCHER.example",
    "zo\u00eb@xn--bcher-kva.example",
    "zo\u00eb@XN--BCHER-KVA.example.",
    "zo\u00eb@b\u00fccher\u3002example",
  ])("of an internationalised domain is in Unicode, composed: %j", (spelling) => {
    expect(canonicalEmail(spelling)).toBe("zo\u00eb@b\u00fccher.example");
  });

  it.each([
    ["jane+news@example.org", "jane@example.org"],
    ["jane.doe@example.org", "janedoe@example.org"],
    ["jane@example.org", "jane@example.com"],
    ["zo\u00eb@example.org", "zoe@example.org"],
    ["jane@1.2.3.4", "jane@\uff11.2.3.04"],
  ])("keeps %j and %j apart", (a, b) => {
    expect(canonicalEmail(a)).not.toBe(canonicalEmail(b));
  });

  it("is its own canonical form, whatever the text", () => {
    const part = fc.oneof(
      fc.constantFrom(
        "@",
        ".",
        "xn--",
        "\u0130",
        "\u03a3",
        "\u00df",
        "e\u0301",
        "\u0301",
        "\uff0e",
        "\u3002",
        " ",
        "/",
        "#",
      ),
      fc.constantFrom(...INVISIBLE),
      fc.string({ unit: "binary", maxLength: 4 }),
    );
    const text = fc.array(part, { maxLength: 12 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(text, (raw) => {
        const once = canonicalEmail(raw);
        expect(canonicalEmail(once)).toBe(once);
        expect(once).toBe(once.normalize("NFC"));
      }),
      { numRuns: 2_000 },
    );
  });

  it("is the same by the short way and by the long one", () => {
    const local = fc.stringMatching(/^[A-Za-z0-9.+_-]{1,12}$/);
    const domain = fc.stringMatching(/^[a-z0-9]{1,8}(\.[A-Za-z]{2,5}){1,2}$/).filter((text) => !/xn--/i.test(text));
    fc.assert(
      fc.property(local, domain, fc.constantFrom(...INVISIBLE), fc.nat(20), (name, host, character, at) => {
        const email = `${name}@${host}`;
        const spelling = `${email.slice(0, at)}${character}${email.slice(at)}`;
        expect(canonicalEmail(spelling)).toBe(email.toLowerCase());
        expect(canonicalEmail(email)).toBe(email.toLowerCase());
      }),
    );
  });
});
