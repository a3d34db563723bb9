/**
 * Returns a name as it is compared: percent-encoding undone, in composed form, in lower case, without blanks around it, and
 * with a blank where a capital letter begins a word (`ErasureRequests` becomes `erasure requests`).
 */
export function plainName(name: string): string {
  return decoded(name)
    .normalize("NFKC")
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .trim();
}

function decoded(name: string): string {
  if (!name.includes("%")) return name;
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
