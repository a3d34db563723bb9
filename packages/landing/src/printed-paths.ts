import { isCalendarDate } from "@lethe/contracts/partition";
import { replaceEmails } from "@lethe/privacy/email-in-text";

/** In the index of notices, a path takes up to four bytes a character; PostgreSQL allows 2,700. */
const MOST_CHARACTERS = 600;

/**
 * Returns the paths of what is not taken from landing, as the ledger and people get them. A name that no dataset has may
 * say anything about anybody: what looks like an email or an id in it is left out, and a very long path is cut in its middle.
 * Paths that are the same then are told apart by a number.
 */
export function printedPaths(paths: readonly string[]): string[] {
  const counts = new Map<string, number>();
  return paths.map((path) => {
    const printed = printedPath(path);
    const count = (counts.get(printed) ?? 0) + 1;
    counts.set(printed, count);
    return count === 1 ? printed : `${printed} (${count})`;
  });
}

function printedPath(path: string): string {
  const printed = path.split("/").map(withoutIdentifiers).join("/");
  if (printed.length <= MOST_CHARACTERS) return printed;
  return `${printed.slice(0, MOST_CHARACTERS / 2)}…${printed.slice(-MOST_CHARACTERS / 2 + 1)}`;
}

function withoutIdentifiers(name: string): string {
  const plain = decoded(name);
  const printed = replaceEmails(plain, () => "[email]").replace(/\d{6,}/g, (digits) =>
    isCompactDate(digits) ? digits : "[number]",
  );
  return printed === plain ? name : printed;
}

function isCompactDate(digits: string): boolean {
  const [, year, month, day] = /^((?:19|20)\d{2})(\d{2})(\d{2})$/.exec(digits) ?? [];
  return isCalendarDate(`${year}-${month}-${day}`);
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
