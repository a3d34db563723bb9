const ROUNDS = 4;

/**
 * Maps each integer from 0 to `size - 1` to another of them, no two to the same: ids look random and are unique
 * although none is remembered. `size` is at most 2^30; another `key` gives another order.
 *
 * A Feistel network over the next even number of bits, walked until the value lies within `size` (cycle walking:
 * Black and Rogaway, "Ciphers with Arbitrary Finite Domains", 2002). Not meant to keep a secret.
 */
export function permute(value: number, size: number, key: number): number {
  const halfBits = Math.max(1, Math.ceil(Math.log2(size) / 2));
  let result = value;
  do {
    result = feistel(result, halfBits, key);
  } while (result >= size);
  return result;
}

function feistel(value: number, halfBits: number, key: number): number {
  const mask = 2 ** halfBits - 1;
  let left = value >>> halfBits;
  let right = value & mask;
  for (let round = 0; round < ROUNDS; round++) {
    [left, right] = [right, left ^ (mix(right, key + round) & mask)];
  }
  return left * 2 ** halfBits + right;
}

/** The finalizer of MurmurHash3 (Austin Appleby) over the half and the round's key. */
function mix(half: number, key: number): number {
  let h = Math.imul(half + 1, 0x9e3779b1) ^ Math.imul(key + 1, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
