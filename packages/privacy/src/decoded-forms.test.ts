import { describe, expect, it } from "vitest";
import { decodedForms } from "./decoded-forms.js";

const EMAIL = "adam.foo@box.example";

describe("decodedForms", () => {
  it.each([
    ["percent-encoding behind an equals sign", "https://x.example/u?email=adam.foo%40box.example"],
    ["an HTML entity behind an equals sign", "?email=adam.foo&#64;box.example"],
    ["a named entity behind an equals sign", "?email=adam.foo&commat;box.example"],
    ["a JSON escape behind an equals sign", "?email=adam.foo\\u0040box.example"],
    ["percent-encoding behind a backslash", "C:\\\\x?a=1&email=adam.foo%40box.example\\n"],
    ["percent-encoding twice", "?to=%3Femail%3Dadam.foo%2540box.example"],
    ["an entity in percent-encoding", "?email=adam.foo%26%2364%3Bbox.example&b=20"],
    ["all kinds at once", '{"x":"1\\n=\\n&amp;?email=adam.foo%40box.example"}'],
  ])("resolves each kind of escape by itself: %s", (_what, text) => {
    expect(decodedForms(text).some((form) => form.includes(`=${EMAIL}`))).toBe(true);
  });

  it("gives no more forms of a text with one kind of escape than its rounds", () => {
    expect(decodedForms("plain")).toEqual(["plain"]);
    expect(decodedForms("a%2540b\n".repeat(3))).toHaveLength(3);
    expect(decodedForms("a\\u0040b and c=d")).toHaveLength(2);
  });

  it("gives no more forms than it can go through, however many escapes stand within escapes", () => {
    const line = "&amp;amp;amp;%252541=3D3D3D41\\\\\\\\u0041";
    const startedAt = performance.now();
    const forms = decodedForms(line.repeat(1024 * 8));
    expect(performance.now() - startedAt).toBeLessThan(4_000);
    expect(forms.length).toBeLessThan(200);
  });
});
