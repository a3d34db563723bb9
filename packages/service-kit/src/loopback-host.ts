/** Reports whether a host name or address can be reached from this machine alone; an IPv6 address may stand in brackets. */
export function isLoopback(host: string): boolean {
  const name = host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/^localhost\.$/, "localhost");
  return name === "localhost" || name === "::1" || /^127(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/.test(name);
}

/**
 * Reports whether a request's `Host` is another than a loopback name. Where no token is asked for such requests are refused, since
 * another site could point its name here (DNS rebinding) and would then count as the same site.
 */
export function isMisdirected({ host }: { readonly host?: string | undefined }): boolean {
  return !isLoopback((host ?? "").replace(/:\d*$/, ""));
}
