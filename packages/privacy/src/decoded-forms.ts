import { namedEntity } from "./html-entities.js";

/**
 * Returns a text as it stands, and every form that comes of it when escapes are resolved: those of JSON and of programming
 * languages, percent-encoding, quoted-printable with its soft line breaks, HTML entities, and zero bytes. Escapes within escapes are
 * resolved up to four times. What is an escape of one kind may be plain text to another (`=ad` in `?mail=adam%40box.example`), so
 * lines with several kinds are resolved by each choice of them as well. Nearly every text has no escapes and costs one look.
 */
export function decodedForms(text: string): readonly string[] {
  // Text in UTF-16 that was read as single bytes has a zero beside each.
  const forms = text.includes("\0") ? [text, text.replaceAll("\0", "")] : [text];
  const last = forms[forms.length - 1] ?? "";
  if (!MAY_HAVE_ESCAPES.test(last)) return forms;
  const resolved = [last, ...resolve(last, ALL_KINDS)];
  const known = new Set([...forms, ...resolved]);
  for (const form of resolved) {
    const mixed = linesOfSeveralKinds(form);
    if (mixed === "") continue;
    for (const kinds of mixed.length > LONGEST_OF_EVERY_CHOICE ? FEW_CHOICES : EVERY_CHOICE) {
      for (const chosen of resolve(mixed, kinds)) known.add(chosen);
    }
  }
  return [...known];
}

/** Reports whether a text could hold an email: nearly all texts have neither an at sign nor an escape that may hide one. */
export function mayHoldEmail(text: string): boolean {
  return /[@\uff20\ufe6b]/.test(text) || MAY_HAVE_ESCAPES.test(text);
}

const MOST_ROUNDS = 4;

const MAY_HAVE_ESCAPES = /\\[^\\]|\\\\|%[0-9A-Fa-fu]|=[0-9A-Fa-f\r\n\t ]|&[#A-Za-z]/;

/** The kinds of escapes, with the character that each begins with. */
const KINDS = [
  // JSON (RFC 8259, section 7), and what other languages add to it.
  { mark: "\\", pattern: "\\\\(?:u\\{[0-9A-Fa-f]{1,6}\\}|u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|[^ux])" },
  { mark: "%", pattern: "%(?:u[0-9A-Fa-f]{4}|[0-9A-Fa-f]{2}(?:%[0-9A-Fa-f]{2})*)" },
  // Quoted-printable (RFC 2045, section 6.7); a soft line break hides between any two characters.
  { mark: "=", pattern: "=(?:[ \\t]*\\r?\\n|[0-9A-Fa-f]{2}(?:(?:=[ \\t]*\\r?\\n)*=[0-9A-Fa-f]{2})*)" },
  { mark: "&", pattern: "&(?:#[xX][0-9A-Fa-f]{1,6}|#[0-9]{1,7}|[A-Za-z]{2,20});?" },
] as const;

const MARKED = KINDS.map(({ mark, pattern }) => ({ mark, expression: new RegExp(pattern, "s") }));

/** Choices of kinds are numbers in which each kind has a bit. */
const ALL_KINDS = 2 ** KINDS.length - 1;
const EVERY_CHOICE = Array.from({ length: ALL_KINDS - 1 }, (_, i) => i + 1);
const FEW_CHOICES = KINDS.flatMap((_, i) => [2 ** i, ALL_KINDS - 2 ** i]);
const ESCAPES = Array.from({ length: ALL_KINDS + 1 }, (_, kinds) => {
  return new RegExp(KINDS.flatMap(({ pattern }, i) => ((kinds >> i) % 2 === 1 ? [pattern] : [])).join("|"), "gs");
});

/** Text beyond this is somebody's attempt to keep the search busy. */
const LONGEST_OF_EVERY_CHOICE = 64 * 1024;

/** Returns what a text becomes, round by round, when escapes of some kinds are resolved. */
function resolve(text: string, kinds: number): string[] {
  const forms: string[] = [];
  let last = text;
  for (let i = 0; i < MOST_ROUNDS; i++) {
    const decoded = decode(last, ESCAPES[kinds] ?? NEVER);
    if (decoded === last) break;
    forms.push(decoded);
    last = decoded;
  }
  return forms;
}

const NEVER = /(?!)/g;

/** Returns the lines of a text that hold escapes of more than one kind. A soft line break ends no line. */
function linesOfSeveralKinds(text: string): string {
  if (!hasSeveralKinds(text)) return "";
  return text
    .split(/(?<!=[ \t]*\r?)\n/)
    .filter(hasSeveralKinds)
    .join("\n");
}

function hasSeveralKinds(text: string): boolean {
  let kinds = 0;
  for (const { mark, expression } of MARKED) if (text.includes(mark) && expression.test(text)) kinds += 1;
  return kinds > 1;
}

function decode(text: string, escapes: RegExp): string {
  return text.replace(escapes, (written) => {
    const second = written.charAt(1);
    switch (written.charAt(0)) {
      case "\\":
        if (second === "u" || second === "x") return character(written.replace(/[^0-9A-Fa-f]/g, ""), 16);
        return SIMPLE.get(second) ?? second;
      case "%":
        return second === "u" ? character(written.slice(2), 16) : textOfBytes(written);
      case "=":
        return /[0-9A-Fa-f]/.test(second) ? textOfBytes(written) : "";
      default:
        return textOfEntity(written);
    }
  });
}

function textOfEntity(written: string): string {
  const name = written.replace(/^&|;$/g, "");
  if (!name.startsWith("#")) return namedEntity(name) ?? written;
  return /^#x/i.test(name) ? character(name.slice(2), 16) : character(name.slice(1), 10);
}

function character(digits: string, base: 10 | 16): string {
  const point = Number.parseInt(digits, base);
  return point <= 0x10ffff ? String.fromCodePoint(point) : "\ufffd";
}

const SIMPLE: ReadonlyMap<string, string> = new Map([
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["b", "\b"],
  ["f", "\f"],
]);

/** Reads the hexadecimal pairs of a text as UTF-8, or, where they are none, as Latin-1. */
function textOfBytes(escaped: string): string {
  const pairs = escaped.replace(/=[ \t]*\r?\n/g, "").match(/[0-9A-Fa-f]{2}/g) ?? [];
  const bytes = Buffer.from(pairs.join(""), "hex");
  const text = bytes.toString("utf8");
  return text.includes("\ufffd") ? bytes.toString("latin1") : text;
}
