/**
 * Returns text or data without the numbers by which Lethe names the files that it keeps: `customers.7.json` becomes
 * `customers.json`.
 */
export function withoutNumbers<T>(value: T): T {
  return JSON.parse(JSON.stringify(value).replace(/([a-z])\.\d+(\.(?:json|ndjson|csv))/g, "$1$2"));
}
