import type { Finding } from "@lethe/contracts/diagnosis";

/**
 * Creates a finding of what Lethe's own errors say: what is wrong, and then, behind a colon or as a sentence of its own, what to do.
 * `otherwise` is what to do where a message says nothing of that.
 */
export function findingOf(
  severity: Finding["severity"],
  code: string,
  where: string,
  message: string,
  otherwise: string,
): Finding {
  const [what, remedy] = takenApart(message) ?? [message, otherwise];
  return { severity, code, where, what, remedy };
}

/** How sentences begin that say what to do. */
const ORDER = /\.\s+(?=(?:Run|Set|Give|Mount|Create|Name|Move|Put) )/;

function takenApart(message: string): [string, string] | undefined {
  const order = ORDER.exec(message);
  if (order !== null) return [message.slice(0, order.index), message.slice(order.index + order[0].length)];
  const colon = message.indexOf(": ");
  return colon === -1 ? undefined : [message.slice(0, colon), message.slice(colon + 2)];
}
