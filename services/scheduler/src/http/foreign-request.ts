import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { Problem } from "@lethe/contracts/problem";
import { problem } from "./problem.js";

/**
 * Reports whether a request comes from a page of another site, be it another port of this host. A browser adds the password that it
 * has stored, or needs none on loopback, so any page that a user opens could otherwise start runs, or use up with pictures what the
 * user may ask for. To follow a link, or to type an address, is no such request. Clients that are not browsers send none of these
 * headers and pass.
 */
export function isCrossSite(method: string, headers: IncomingHttpHeaders): boolean {
  const { "sec-fetch-site": site, "sec-fetch-mode": mode, "sec-fetch-dest": dest, origin, host } = headers;
  const isRead = method === "GET" || method === "HEAD";
  if (isRead && mode === "navigate" && (dest === undefined || dest === "document")) return false;
  if (site !== undefined) return site !== "same-origin" && site !== "none";
  return origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`;
}

/** How many headers are taken. */
const MAX_HEADERS = 100;

/**
 * Returns the problem of a request that a proxy on the way may understand differently, or that expects what nobody does here;
 * undefined for all others.
 */
export function oddityOf(request: IncomingMessage): Problem | undefined {
  const { rawHeaders, httpVersion, headers } = request;
  if (rawHeaders.length > 2 * MAX_HEADERS) {
    return problem(431, "headers_too_large", `there are more than ${MAX_HEADERS} headers`);
  }
  if (!namesOneHost(request)) {
    return problem(400, "input_invalid", "the request must name one host, in its header Host");
  }
  if (httpVersion === "1.0" && headers["transfer-encoding"] !== undefined) {
    return problem(400, "input_invalid", "HTTP/1.0 knows no Transfer-Encoding");
  }
  if (headers.expect !== undefined && headers.expect.toLowerCase() !== "100-continue") {
    return problem(417, "expectation_unknown", "no expectation but 100-continue is known");
  }
  return undefined;
}

/**
 * Reports whether a request of HTTP/1.1 names its host once: in one header, and by the same name in its address where that is a whole
 * one. Node would take the first header, and a proxy on the way perhaps another name.
 */
function namesOneHost({ rawHeaders, httpVersion, url = "" }: IncomingMessage): boolean {
  const hosts = rawHeaders.filter(
    (_value, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === "host",
  );
  if (hosts.length > 1 || (hosts.length === 0 && httpVersion === "1.1")) return false;
  const [, named] = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(url) ?? [];
  return named === undefined || named.toLowerCase() === hosts[0]?.toLowerCase();
}
