/**
 * Reports whether a file of this name is one that Lethe itself hands in: a request of the API or the command line. It appears
 * in landing whole. `requests` is the name of the dataset of requests.
 */
export function isFiledRequestName(requests: string, name: string): boolean {
  const tag = name.startsWith(`${requests}.`) ? name.slice(requests.length + 1) : "";
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.ndjson$/.test(tag);
}
