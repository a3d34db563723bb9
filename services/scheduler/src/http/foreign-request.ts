import type { IncomingHttpHeaders } from "node:http";
import { isLoopback } from "./loopback.js";

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
 * Reports whether a request is addressed to a name other than a loopback name. Without a token such requests are refused,
 * since another site could point its name here (DNS rebinding) and would then count as the same site.
 */
export function isMisdirected(headers: IncomingHttpHeaders): boolean {
  const name = (headers.host ?? "").replace(/:\d+$/, "");
  return !isLoopback(name);
}
