import { isIPv4, isIPv6 } from "node:net";

/**
 * Returns what an address counts as for limits: an IPv4 address as itself, however it is written, an IPv6 address as its /64
 * network, of which one customer of a provider has all addresses, and all that lead to this machine as one.
 */
export function networkOf(address: string): string {
  const plain = address.replace(/%.*$/, "").toLowerCase();
  const [, mapped = plain] = /^(?:0*:)*(?:ffff:)(\d+\.\d+\.\d+\.\d+)$/.exec(plain) ?? [];
  if (isIPv4(mapped)) return mapped.startsWith("127.") ? LOOPBACK : mapped;
  if (!isIPv6(plain)) return plain;
  if (/^[0:]*:0*1$/.test(plain)) return LOOPBACK;
  const [head = "", tail] = plain.split("::");
  const first = head === "" ? [] : head.split(":");
  const last = tail === undefined || tail === "" ? [] : tail.split(":");
  // An IPv4 address at the end stands for two groups.
  const length = first.length + last.length + (plain.includes(".") ? 1 : 0);
  const zeros = tail === undefined ? [] : Array.from({ length: GROUPS - length }, () => "0");
  const network = [...first, ...zeros, ...last].slice(0, GROUPS / 2).map((group) => Number.parseInt(group, 16));
  return `${network.map((group) => group.toString(16)).join(":")}::/64`;
}

const GROUPS = 8;
const LOOPBACK = "loopback";
