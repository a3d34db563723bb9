import { expect, it } from "vitest";
import { fastCsvRows } from "../test/fast-csv-rows.js";
import { createRowEndFinder } from "./csv-row-ends.js";

/** Returns how many rows end in a text. */
function countEnds(text: string): number {
  return [...Buffer.from(text)].filter(createRowEndFinder()).length;
}

/** All single characters of the first plane that fast-csv could take for white space, and some that it does not. */
const CHARACTERS = Array.from({ length: 0x1_0000 }, (_, code) => String.fromCharCode(code)).filter(
  (character) => /[\s\0-\x20\u0085\u00a1\u200b\u3001\ufeef]/.test(character) && !/[\r\n]/.test(character),
);

it.each(CHARACTERS.map((character) => [character.charCodeAt(0).toString(16).padStart(4, "0"), character]))(
  "sees like fast-csv whether a quote behind U+%s opens a field",
  async (_code, character) => {
    const text = `a,${character}"\nb"\n`;
    const opens = /\s/.test(character);
    expect(await fastCsvRows(text)).toEqual(opens ? [["a", "\nb"]] : [["a", `${character}"`], ['b"']]);
    expect(countEnds(text)).toBe(opens ? 1 : 2);
  },
);

it("takes no quote for an opening one behind a character that is cut off", () => {
  const cutOff = Buffer.concat([Buffer.from("a,"), Buffer.from("\u3000").subarray(0, 2), Buffer.from('"\nb"\n')]);
  expect([...cutOff].filter(createRowEndFinder())).toHaveLength(2);
});
