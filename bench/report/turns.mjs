/**
 * Returns the order in which contenders run: each once a round, and each round begins with another one, so that none always
 * follows the same one.
 */
export function inTurns(contenders, rounds) {
  return Array.from({ length: rounds }, (_, round) => {
    const first = round % contenders.length;
    return [...contenders.slice(first), ...contenders.slice(0, first)];
  }).flat();
}
