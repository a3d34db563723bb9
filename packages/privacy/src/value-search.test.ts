import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createValueSearch, type SearchedPerson } from "./value-search.js";

const JANE: SearchedPerson = {
  erasureId: "jane",
  ids: ["004004", "713000"],
  emails: ["zoë.doe+shop@bücher.example"],
  names: ["Zoë Straße O'Hara"],
  values: [
    { kind: "phone", value: "+44(0)808 157 0808" },
    { kind: "address", value: "12 Große Gasse\nFlat 2" },
    { kind: "postcode", value: "SW1A 1AA" },
  ],
};
const search = createValueSearch([JANE]);
const kindsIn = (text: string) => new Set(search.find(text).map(({ kind }) => kind));

const hex = (code: number, length: number) => code.toString(16).padStart(length, "0");
const perUnit = (text: string, write: (code: number) => string) =>
  Array.from({ length: text.length }, (_, i) => write(text.charCodeAt(i))).join("");
const perPoint = (text: string, write: (code: number) => string) =>
  Array.from(text, (character) => write(character.codePointAt(0) ?? 0)).join("");
const perByte = (text: string, write: (byte: number) => string) => Array.from(Buffer.from(text), write).join("");

const ENCODINGS: Readonly<Record<string, (text: string) => string>> = {
  plain: (text) => text,
  NFD: (text) => text.normalize("NFD"),
  "upper case": (text) => text.toUpperCase(),
  "lower case": (text) => text.toLowerCase(),
  "upper case of NFD": (text) => text.normalize("NFD").toUpperCase(),
  "full width": (text) =>
    perPoint(text, (code) => String.fromCodePoint(code > 0x20 && code < 0x7f ? code + 0xfee0 : code)),
  "JSON escapes": (text) => perUnit(text, (code) => `\\u${hex(code, 4)}`),
  "JSON escapes of NFD": (text) => perUnit(text.normalize("NFD"), (code) => `\\u${hex(code, 4).toUpperCase()}`),
  "JSON within JSON": (text) => JSON.stringify(JSON.stringify({ text })),
  "code points": (text) => perPoint(text, (code) => `\\u{${hex(code, 1)}}`),
  "percent-encoding": (text) => encodeURIComponent(text),
  "percent-encoding of everything": (text) => perByte(text, (byte) => `%${hex(byte, 2)}`),
  "percent-encoding twice": (text) => encodeURIComponent(encodeURIComponent(text)),
  "quoted-printable": (text) => perByte(text, (byte) => `=${hex(byte, 2).toUpperCase()}`),
  "quoted-printable with soft line breaks": (text) =>
    perByte(text, (byte) => `=${hex(byte, 2).toUpperCase()}`).replace(/(.{9})/g, "$1=\r\n"),
  "soft line breaks alone": (text) => text.replace(/(\S{3})(?=\S)/gu, "$1=\n"),
  "decimal entities": (text) => perPoint(text, (code) => `&#${code};`),
  "hexadecimal entities": (text) => perPoint(text, (code) => `&#x${hex(code, 1)};`),
  "named entities": (text) =>
    text
      .normalize("NFC")
      .replace(
        /[@+ëßü]|(?<!\d)\./g,
        (c) => `&${{ "@": "commat", ".": "period", "+": "plus", ë: "euml", ß: "szlig", ü: "uuml" }[c]};`,
      ),
  "zero-width characters": (text) => Array.from(text).join("\u200b"),
  "soft hyphens": (text) => Array.from(text).join("\u00ad"),
  "zero-width characters as escapes": (text) => Array.from(text).join("\\u200B"),
};

const VALUES: readonly (readonly [kind: string, value: string])[] = [
  ["customer-id", "004004"],
  ["customer-id", "713000"],
  ["email", "zoë.doe+shop@bücher.example"],
  ["email", "zoë.doe+shop@xn--bcher-kva.example"],
  ["name", "Zoë Straße O'Hara"],
  ["name", "O'Hara, Zoë Straße"],
  ["phone", "+44(0)808 157 0808"],
  ["phone", "+448081570808"],
  ["phone", "0044 808 1570808"],
  ["phone", "0808-157-0808"],
  ["phone", "0808/1570808"],
  ["address", "12 Große Gasse, Flat 2"],
  ["address", "12 Große Gasse\nFlat 2"],
  ["address", "12 GROSSE GASSE; London SW1A1AA"],
];

const OTHER = [
  "",
  "Tom Smith",
  "tom@example.org",
  "12345",
  "100%",
  "a = b",
  "&",
  "\\n",
  "2020-01-31T05:06:07.004004Z",
  "Zoë",
  "O'Hara",
  "12",
  "Flat 2",
  "x.zoë.doe+shop@bücher.example",
  "zoë.doe@bücher.example",
  "zoë.doe+shop@bücher.example.org",
  "zoedoe+shop@bücher.example",
  "4004",
  "1004004",
  "004004.5",
  "7946 0808",
  "SW1A 1AA",
  "{}",
  "😀",
] as const;

describe("a search for values", () => {
  it.each(Object.keys(ENCODINGS))("finds every value in %s, anywhere in other text", (encoding) => {
    const between = fc.constantFrom(
      " ",
      '"',
      ",",
      ";",
      "<",
      ">",
      "(",
      ")",
      "{",
      "[",
      "\n",
      "|",
      "/",
      "#",
      "!",
      "~",
      "*",
    );
    const encode = ENCODINGS[encoding] ?? ((text: string) => text);
    fc.assert(
      fc.property(
        fc.constantFrom(...OTHER),
        between,
        fc.constantFrom(...VALUES),
        between,
        fc.constantFrom(...OTHER),
        (before, left, [kind, value], right, after) => {
          expect(kindsIn(`${before} ${left}${encode(value)}${right} ${after}`)).toContain(kind);
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each(Object.keys(ENCODINGS))("finds nobody in other text in %s", (encoding) => {
    const encode = ENCODINGS[encoding] ?? ((text: string) => text);
    fc.assert(
      fc.property(
        fc.constantFrom(...OTHER),
        fc.constantFrom(" - ", " | "),
        fc.constantFrom("Tom", "x@y.example"),
        (one, gap, other) => {
          expect([...kindsIn(encode(`${one}${gap}${other}`))]).toEqual([]);
        },
      ),
    );
  });

  it("finds nothing in whatever text there is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        expect(search.find(text)).toEqual([]);
      }),
    );
  });

  it.each(Array.from("!\"#$%&()*,/:;<=>?@[\\]^`{|}~'.-_+"))("finds an email, an id and a name beside %s", (mark) => {
    for (const [kind, value] of VALUES.filter((_, i) => i % 2 === 0 && i < 5)) {
      expect(kindsIn(`see ${mark}${value}${mark} there`)).toContain(kind);
    }
  });

  it.each([
    ['{"customer_id": "4004", "x": [', true],
    ["id=4004", true],
    ["customer-id: 4004", true],
    ['"id":4004.0}', true],
    ['"id" : " 004004 "', true],
    ['"price": 4004', false],
    ["paid 4004", false],
    ["date=2020-01-01/customers.004004.json", true],
    ['"id":4004.5', false],
    ['"id":40040', false],
  ])("knows an id without its zeros by the word before it: %s", (text, isFound) => {
    expect(kindsIn(text).has("customer-id")).toBe(isFound);
  });

  it.each([
    ["请联系p@box.example谢谢", true],
    ["😀p@box.example😀", true],
    ["почтаp@box.exampleспасибо", true],
    ["请.p@box.example.谢谢", true],
    ["xp@box.example", false],
    ["x.p@box.example", false],
    ["p@box.examples", false],
    ["p@box.example.org", false],
  ])("knows where an email ends that stands beside other letters: %s", (text, isFound) => {
    const people = createValueSearch([{ erasureId: "p", ids: [], emails: ["p@box.example"], names: [], values: [] }]);
    expect(people.find(text).length > 0).toBe(isFound);
  });

  it("knows where a name and an email end in a script without blanks", () => {
    const person = { erasureId: "p", ids: ["013000"], emails: ["伟@例子.example"], names: ["王 伟"], values: [] };
    const people = createValueSearch([person]);
    const kinds = (text: string) => new Set(people.find(text).map(({ kind }) => kind));
    expect(kinds("请联系王伟先生")).toEqual(new Set(["name"]));
    expect(kinds("请联系伟@例子.example谢谢")).toEqual(new Set(["email"]));
    expect(kinds("客户013000号")).toEqual(new Set(["customer-id"]));
    expect(createValueSearch([{ ...person, names: ["王伟"] }]).find("请联系王伟先生")).toEqual([]);
  });

  it("finds an email behind an equals sign, whatever its first letters are", () => {
    const people = createValueSearch([{ erasureId: "p", ids: [], emails: ["adam.foo@x.org"], names: [], values: [] }]);
    expect(people.find("u?email=adam.foo%40x.org&b=2")).toMatchObject([{ kind: "email" }]);
    expect(people.find("u?email=adam.foo&#64;x.org")).toMatchObject([{ kind: "email" }]);
  });

  it("says where a value stands, as far as the text has it as it is", () => {
    const text = "Zoë: write to Zoë.Doe+Shop@Bücher.example!";
    const [found] = search.find(text);
    expect(text.slice(found?.start, found?.end)).toBe("Zoë.Doe+Shop@Bücher.example");
    expect(search.find("zoë.doe%2Bshop@b%C3%BCcher.example")[0]).toMatchObject({ kind: "email", start: undefined });
  });

  it("finds an email that a file is called by", () => {
    expect(kindsIn("a/zoë.doe+shop@bücher.example.json.gz")).toContain("email");
  });

  it("finds values of several people that share them", () => {
    const twins = createValueSearch([
      { ...JANE, erasureId: "one" },
      { ...JANE, erasureId: "two", emails: [] },
    ]);
    const found = twins.find("Zoë Straße O'Hara zoë.doe+shop@bücher.example");
    expect(new Set(found.map(({ erasureId, kind }) => `${erasureId} ${kind}`))).toEqual(
      new Set(["one name", "two name", "one email"]),
    );
  });

  it.each([
    ["one long word", "a"],
    ["digits", "0"],
    ["digits apart", "0 "],
    ["escapes", "\\u0041"],
    ["soft line breaks", "=\n"],
    ["words", "zoë "],
    ["NUL bytes", "\0"],
    ["backslashes", "\\"],
    ["blanks behind an equals sign", "= "],
    ["percents", "%"],
  ])("goes through a MiB of %s in no time", (_what, unit) => {
    const text = unit.repeat((1024 * 1024) / unit.length);
    const startedAt = performance.now();
    search.find(text);
    expect(performance.now() - startedAt).toBeLessThan(4_000);
  });
});
