import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findEmailInRecord } from "./find-email-in-record.js";
import { findMentionedPerson } from "./find-mentioned-person.js";
import { parsePrivacyKey } from "./privacy-key.js";
import { redactEmails } from "./redact-emails.js";
import type { FindSuppression } from "./suppression-list.js";

const KEY = parsePrivacyKey("11".repeat(32));
const JANE: FindSuppression = (id, email) =>
  id === "013000" || email === "jane@example.org"
    ? { subjectId: "subject", key: KEY, outcome: "pseudonymise" as const }
    : undefined;
const MIB = 1024 * 1024;

describe("findMentionedPerson", () => {
  it("finds a person's id or email between whatever is no part of a word", () => {
    const between = fc.constantFrom(" ", '"', ",", ";", "<", ">", "(", ")", "{", "[", "\n", "\\");
    const other = fc.constantFrom("", "x@", "tom@example.org", "a b", "12345", "@", "x");
    const name = fc.constantFrom("013000", "jane@example.org", "Jane@Example.ORG");
    fc.assert(
      fc.property(other, between, name, between, other, (before, left, named, right, after) => {
        expect(findMentionedPerson(`${before}${left}${named}${right}${after}`, JANE)?.key).toBe(KEY);
        expect(findMentionedPerson(`${before}${left}${right}${after}`, JANE)).toBeUndefined();
      }),
    );
  });

  it.each([
    ["an underscore in the domain", "p@my_box.example", "write p@my_box.example now"],
    ["an underscore behind the domain", "p@box.example", "see p@box.example_old.json"],
    ["a comma in the local part", "p,jr@box.example", "write p,jr@box.example now"],
    ["a colon in the local part", "x:p@box.example", "write x:p@box.example now"],
    ["a quoted local part", '"p"@box.example', 'write "p"@box.example now'],
    ["a local part in quotation marks", "p@box.example", 'write "p"@box.example now'],
    ["letters without blanks around it", "p@box.example", "请联系p@box.example谢谢"],
    ["letters without blanks and a dot around it", "p@box.example", "请。p@box.example。谢谢"],
    ["letters of its own script around it", "伟@例子.example", "请联系伟@例子.example谢谢"],
    ["letters of another script around it", "p@box.example", "почтаp@box.exampleспасибо"],
    ["a name before a colon", "p@box.example", "mailto:p@box.example,q@box.example"],
    ["a URL", "adam.foo@box.example", "https://x.example/u?email=adam.foo%40box.example"],
  ])("finds an email with %s", (_what, email, text) => {
    const finds: FindSuppression = (_id, looked) =>
      looked === email ? { subjectId: "subject", key: KEY, outcome: "unlink" as const } : undefined;
    expect(findMentionedPerson(text, finds)?.key).toBe(KEY);
    expect(findMentionedPerson(JSON.stringify({ text }), finds)?.key).toBe(KEY);
    expect(redactEmails(text, finds)).not.toContain(email);
  });

  it("finds an id beside letters of a script without blanks", () => {
    expect(findMentionedPerson("客户013000号", JANE)?.customerId).toBe("013000");
  });

  it.each(["x013000", "0130001", "xjane@example.org", "jane@example.orgs"])("finds nobody in %j", (text) => {
    expect(findMentionedPerson(text, JANE)).toBeUndefined();
  });

  // Looking from every character on took more than a second for each MiB.
  it.each([
    ["NUL bytes", "\0"],
    ["one long word", "a"],
    ["digits", "0"],
    ["words", "ab "],
  ])("goes through four MiB of %s in no time", (_what, unit) => {
    const text = unit.repeat((4 * MIB) / unit.length);
    const startedAt = performance.now();
    expect(findMentionedPerson(text, JANE)).toBeUndefined();
    expect(redactEmails(text, JANE)).toBeUndefined();
    expect(performance.now() - startedAt).toBeLessThan(4_000);
  });
});

describe("findEmailInRecord", () => {
  it("goes through a field with more values than a call can have arguments", () => {
    const values: unknown[] = Array.from({ length: 500_000 }, () => 0);
    expect(findEmailInRecord({ values }, JANE)).toBeUndefined();
    expect(findEmailInRecord({ values: [...values, "Jane@example.org "] }, JANE)?.key).toBe(KEY);
  });
});
