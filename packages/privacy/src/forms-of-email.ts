import { domainToASCII, domainToUnicode } from "node:url";
import { foldText } from "./fold-text.js";

/** Returns an email, folded, with its domain as people write it and as names are resolved (IDN and its punycode). */
export function formsOfEmail(email: string): readonly string[] {
  const folded = foldText(email).trim();
  const at = folded.lastIndexOf("@");
  if (at === -1) return [folded];
  const local = folded.slice(0, at);
  const domain = folded.slice(at + 1).replace(/\.$/, "");
  if (PLAIN_DOMAIN.test(domain)) return [`${local}@${domain}`];
  const forms = [domain, domainToASCII(domain), domainToUnicode(domain)].filter((form) => form !== "");
  return [...new Set(forms.map((form) => `${local}@${foldText(form)}`))];
}

const PLAIN_DOMAIN = /^(?!.*xn--)[a-z0-9.-]+$/;
