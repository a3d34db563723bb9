import type { IncomingHttpHeaders } from "node:http";
import { isLoopback } from "./loopback.js";

/**
 * Reports whether a request that changes something comes from a page of another site: a browser adds the password it
 * remembers, or needs none on loopback, so any page that a user opens could start runs. Callers that are no browser
 * send neither header and pass.
 */
export function isCrossSite(method: string, headers: IncomingHttpHeaders): boolean {
  if (method === "GET" || method === "HEAD") return false;
  const site = headers["sec-fetch-site"];
  if (site !== undefined) return site !== "same-origin" && site !== "none";
  const { origin, host } = headers;
  return origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`;
}

/**
 * Reports whether a request is addressed to a name that is not this machine's own. Without a token that is refused, since
 * a page of another site could have its name point here (DNS rebinding) and would then count as the same site.
 */
export function isMisdirected(headers: IncomingHttpHeaders): boolean {
  const name = (headers.host ?? "").replace(/:\d+$/, "");
  return !isLoopback(name);
}
