const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Returns a value as text of an HTML page, in content and in quoted attributes; an absent value becomes an empty text. */
export function escapeHtml(value: string | number | undefined): string {
  return String(value ?? "").replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}
