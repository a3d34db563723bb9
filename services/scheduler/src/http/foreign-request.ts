import type { IncomingHttpHeaders, IncomingMessage } from "node:http";

/**
 * Reports whether a request that changes something comes from a page of another site. A browser adds the password that it has
 * stored, or needs none on loopback, so any page that a user opens could otherwise start runs. Clients that are not browsers
 * send neither of the two headers and pass.
 */
export function isCrossSite(method: string, headers: IncomingHttpHeaders): boolean {
  if (method === "GET" || method === "HEAD") return false;
  const site = headers["sec-fetch-site"];
  if (site !== undefined) return site !== "same-origin" && site !== "none";
  const { origin, host } = headers;
  return origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`;
}

/**
 * Reports whether a request of HTTP/1.1 names its host once: in one header, and by the same name in its address where that is a whole
 * one. Node would take the first header, and a proxy on the way perhaps another name.
 */
export function namesOneHost({ rawHeaders, httpVersion, url = "" }: IncomingMessage): boolean {
  const hosts = rawHeaders.filter(
    (_value, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === "host",
  );
  if (hosts.length > 1 || (hosts.length === 0 && httpVersion === "1.1")) return false;
  const [, named] = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(url) ?? [];
  return named === undefined || named.toLowerCase() === hosts[0]?.toLowerCase();
}
