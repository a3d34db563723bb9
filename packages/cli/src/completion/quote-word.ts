/** Quotes a text for bash and zsh, in which nothing inside single quotes means anything. */
export function quoteWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Quotes a text for fish, where a backslash means something inside single quotes, too. */
export function quoteFishWord(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
