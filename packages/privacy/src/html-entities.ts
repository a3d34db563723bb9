/** Returns the text of a named HTML entity, given without `&` and `;`. Returns undefined for a name that is none. */
export function namedEntity(name: string): string | undefined {
  const known = ENTITIES.get(name);
  if (known !== undefined) return known;
  const [, letter, mark] = /^([A-Za-z])([a-z]+)$/.exec(name) ?? [];
  const combining = mark === undefined ? undefined : MARKS.get(mark);
  return letter === undefined || combining === undefined ? undefined : `${letter}${combining}`.normalize("NFC");
}

// https://html.spec.whatwg.org/multipage/named-characters.html: what can stand in names, addresses and emails. An accented
// letter's name is the letter's and its mark's.
const ENTITIES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ...{ amp: "&", AMP: "&", lt: "<", LT: "<", gt: ">", GT: ">", quot: '"', QUOT: '"', apos: "'", commat: "@" },
    ...{ period: ".", lowbar: "_", UnderBar: "_", plus: "+", num: "#", comma: ",", sol: "/", bsol: "\\", colon: ":" },
    ...{ semi: ";", lpar: "(", rpar: ")", equals: "=", percnt: "%", excl: "!", quest: "?", dollar: "$", ast: "*" },
    ...{ midast: "*", Hat: "^", grave: "`", lcub: "{", lbrace: "{", rcub: "}", rbrace: "}", verbar: "|", vert: "|" },
    ...{ lsqb: "[", lbrack: "[", rsqb: "]", rbrack: "]", hyphen: "\u2010", dash: "\u2010", ndash: "–", mdash: "—" },
    ...{ nbsp: "\u00a0", NonBreakingSpace: "\u00a0", ensp: "\u2002", emsp: "\u2003", thinsp: "\u2009", Tab: "\t" },
    ...{ NewLine: "\n", shy: "\u00ad", zwj: "\u200d", zwnj: "\u200c", ZeroWidthSpace: "\u200b", NoBreak: "\u2060" },
    ...{ lrm: "\u200e", rlm: "\u200f", lsquo: "‘", rsquo: "’", sbquo: "‚", ldquo: "“", rdquo: "”", laquo: "«" },
    ...{ raquo: "»", middot: "·", szlig: "ß", aelig: "æ", AElig: "Æ", oelig: "œ", OElig: "Œ", eth: "ð", ETH: "Ð" },
    ...{ thorn: "þ", THORN: "Þ", oslash: "ø", Oslash: "Ø", lstrok: "ł", Lstrok: "Ł", dstrok: "đ", Dstrok: "Đ" },
    ...{ hstrok: "ħ", Hstrok: "Ħ", tstrok: "ŧ", Tstrok: "Ŧ", imath: "ı", inodot: "ı", ijlig: "ĳ", IJlig: "Ĳ" },
    ...{ kgreen: "ĸ", eng: "ŋ", ENG: "Ŋ", ordf: "ª", ordm: "º", fflig: "ﬀ", filig: "ﬁ", fllig: "ﬂ", fjlig: "fj" },
  }),
);

const MARKS: ReadonlyMap<string, string> = new Map([
  ["grave", "\u0300"],
  ["acute", "\u0301"],
  ["circ", "\u0302"],
  ["tilde", "\u0303"],
  ["macr", "\u0304"],
  ["breve", "\u0306"],
  ["dot", "\u0307"],
  ["uml", "\u0308"],
  ["ring", "\u030a"],
  ["dblac", "\u030b"],
  ["caron", "\u030c"],
  ["cedil", "\u0327"],
  ["ogon", "\u0328"],
]);
