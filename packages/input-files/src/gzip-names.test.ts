import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyCuts, type Cuts, inPieces } from "../test/lines.js";
import { mayHaveGzipNames, withoutGzipNames } from "./gzip-names.js";

const FHCRC = 2;
const FEXTRA = 4;
const FNAME = 8;
const FCOMMENT = 16;
const plain = (text: string) => gzipSync(text, { level: 9 });
const isKept = (name: string) => name === "customers.json";

/** Packs a text with what else a gzip header may hold. */
function packed(text: string, { name = "", comment = "", extra = "", hasSum = false }) {
  const bytes = plain(text);
  const flags = [name && FNAME, comment && FCOMMENT, extra && FEXTRA, hasSum && FHCRC];
  bytes[3] = flags.reduce<number>((sum, flag) => sum + (flag || 0), 0);
  const parts = [bytes.subarray(0, 10)];
  if (extra !== "") parts.push(Buffer.from([extra.length, 0]), Buffer.from(extra));
  for (const part of [name, comment]) if (part !== "") parts.push(Buffer.from(`${part}\0`));
  if (hasSum) parts.push(Buffer.from([1, 2]));
  return Buffer.concat([...parts, bytes.subarray(10)]);
}

async function drop(bytes: Buffer, cuts: Cuts = []) {
  const texts: string[] = [];
  const pieces: Buffer[] = [];
  for await (const piece of withoutGzipNames(inPieces(bytes, cuts), isKept, (text) => texts.push(text)))
    pieces.push(piece);
  return { bytes: Buffer.concat(pieces), texts, mayHave: await mayHaveGzipNames(inPieces(bytes, cuts), isKept) };
}

describe("the texts in gzip headers", () => {
  it("are left out, and nothing else is, however the bytes come", async () => {
    const text = fc.string({ unit: fc.constantFrom("a", "@", "é", " "), maxLength: 6 });
    const member = fc.record({
      name: text,
      comment: text,
      extra: text.map((t) => t.replaceAll("é", "e")),
      hasSum: fc.boolean(),
    });
    const content = fc.string({ maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(content, member), { minLength: 1, maxLength: 3 }),
        anyCuts,
        async (all, cuts) => {
          const given = Buffer.concat(all.map(([text, header]) => packed(text, header)));
          const texts = all.flatMap(([, { name, extra, comment }]) => [name, extra, comment].filter((t) => t !== ""));
          const got = await drop(given, cuts);
          expect(got.texts).toEqual(texts);
          if (texts.length > 0) expect(got.mayHave).toBe(true);
          const kept = all.map(([text, header]) => {
            return Object.values(header).some((each) => typeof each === "string" && each !== "")
              ? plain(text)
              : packed(text, header);
          });
          expect(got.bytes.equals(Buffer.concat(kept))).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("stay where they are the plain name of a file", async () => {
    const given = packed("text", { name: "customers.json", hasSum: true });
    expect(await drop(given)).toEqual({ bytes: given, texts: [], mayHave: false });
    const other = packed("text", { name: "customers.json", comment: "of jane@box.example" });
    expect((await drop(other)).bytes.equals(plain("text"))).toBe(true);
  });

  it("are left out of a file that is torn, or goes on with something else", async () => {
    const named = packed("text".repeat(50), { name: "jane@box.example" });
    const torn = await drop(named.subarray(0, -12), [15]);
    expect(torn.bytes.equals(plain("text".repeat(50)).subarray(0, -12))).toBe(true);
    expect((await drop(named.subarray(0, 20))).texts).toEqual(["jane@box.e"]);
    const tail = Buffer.from("\0\0 what is no member");
    const { bytes } = await drop(Buffer.concat([named, tail]));
    expect(bytes.equals(Buffer.concat([plain("text".repeat(50)), tail]))).toBe(true);
    expect(gunzipSync(bytes.subarray(0, -tail.length)).toString()).toBe("text".repeat(50));
  });

  it("are none in what is no gzip data", async () => {
    const given = Buffer.from("no gzip data at all");
    expect(await drop(given)).toEqual({ bytes: given, texts: [], mayHave: false });
  });
});
