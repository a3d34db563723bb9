// An address is 254 characters at the most (RFC 5321, section 4.5.3.1.3). It is looked for where a word begins alone:
// else a MiB of text without a space would be gone through 254 times, which takes more than a second.
const EMAIL = /(?<![^\s"'<>,;:{}[\]()\\@])[^\s"'<>,;:{}[\]()\\@]{1,254}@[^\s"'<>,;:{}[\]()\\@]{1,254}/g;

/** Returns a text with what looks like an email replaced by what is made of it. */
export function replaceEmails(text: string, replacement: (email: string) => string): string {
  return text.replace(EMAIL, replacement);
}

/** Reports whether a text contains anything that looks like an email. */
export function hasEmail(text: string): boolean {
  return text.search(EMAIL) !== -1;
}
