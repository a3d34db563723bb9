import { domainToASCII, domainToUnicode } from "node:url";
import { withoutInvisible } from "./invisible-characters.js";

// Printable ASCII without blanks. Nearly all emails are that, and need no more than lower case.
const PLAIN = /^[!-~]*$/;
const PUNYCODE = /xn--/i;
/** Characters that would end a host name in a URL. */
const NOT_OF_A_HOST = /[\s/\\?#:@%[\]<>^|`{}"]/;

/**
 * Returns the canonical form of an email, which is the same for every spelling of the address: lower case, NFC, without
 * invisible characters, single blanks and none at the ends, no dot at the domain's end, and an internationalised domain in
 * Unicode rather than punycode. Dots and tags in the local part stay: to some providers they tell people apart. What is no email
 * gets the same treatment as far as it applies.
 */
export function canonicalEmail(text: string): string {
  if (PLAIN.test(text) && !text.endsWith(".") && !PUNYCODE.test(text)) return text.toLowerCase();
  const visible = withoutInvisible(text.normalize("NFC")).normalize("NFC").replace(/\s+/g, " ").trim();
  const at = visible.lastIndexOf("@");
  // A letter of the other case may compose with a mark that the first one did not, so NFC comes again after the case.
  if (at === -1) return lower(visible);
  return `${lower(visible.slice(0, at).trim())}@${canonicalDomain(visible.slice(at + 1))}`;
}

function canonicalDomain(domain: string): string {
  const folded = lower(domain.normalize("NFKC"))
    .normalize("NFKC")
    .replaceAll("\u3002", ".")
    .replace(/^\s+|[.\s]+$/g, "");
  if ((PLAIN.test(folded) && !PUNYCODE.test(folded)) || NOT_OF_A_HOST.test(folded)) return folded;
  // A host whose last part is a number would be taken for an IPv4 address.
  const ascii = domainToASCII(`${folded}${SUFFIX}`);
  const unicode = domainToUnicode(ascii).normalize("NFC");
  return unicode.endsWith(SUFFIX) ? unicode.slice(0, -SUFFIX.length) : folded;
}

const SUFFIX = ".example";

function lower(text: string): string {
  return text.toLowerCase().normalize("NFC");
}
