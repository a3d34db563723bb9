import { gunzipSync } from "node:zlib";

/**
 * Returns a text as it stands and in every form that it may stand for: with JSON escapes, percent-encoding,
 * quoted-printable and HTML entities decoded, without invisible characters, composed. Written apart from the product's own
 * search, which it checks.
 */
export function decodedForms(text: string): string[] {
  const plain = [text, utf16(text)];
  const decoders = [unescapeJson, unescapePercent, unescapeQuotedPrintable, unescapeHtml];
  const decoded = plain.flatMap((each) => [each, ...decoders.map((decode) => decode(each))]);
  const twice = decoders.map((decode) => decode(unescapeJson(text)));
  return [...new Set([...decoded, ...twice])].map((each) => withoutInvisible(each).normalize("NFC"));
}

/** Returns bytes unpacked as often as they are packed, each layer as a text. */
export function unpackedTexts(bytes: Buffer): string[] {
  const texts = [bytes.toString("latin1"), bytes.toString("utf8"), bytes.toString("utf16le")];
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return texts;
  try {
    return [...texts, ...unpackedTexts(gunzipSync(bytes))];
  } catch {
    return texts;
  }
}

function unescapeJson(text: string): string {
  return text.replace(/\\+u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function unescapePercent(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll("%", ""), "hex").toString("utf8"));
}

function unescapeQuotedPrintable(text: string): string {
  return text
    .replace(/=(?:\\r|\\n|\r|\n)+/g, "")
    .replace(/(?:=[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll("=", ""), "hex").toString("utf8"));
}

function unescapeHtml(text: string): string {
  return text
    .replace(/&#x([0-9a-f]+);/gi, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16) % 0x110000))
    .replace(/&#(\d{1,6});/g, (_, digits: string) => String.fromCodePoint(Number(digits)))
    .replace(/&(commat|period|amp);/g, (_, name: string) => ({ commat: "@", period: ".", amp: "&" })[name] ?? "");
}

function withoutInvisible(text: string): string {
  return text.replace(/[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]/g, "");
}

/** UTF-16 that was read as single bytes has a zero beside each. */
function utf16(text: string): string {
  return text.includes("\0") ? text.replaceAll("\0", "") : "";
}
