/** A stream of pseudo-random numbers: each call gives the next unsigned 32-bit integer. */
export type Random = () => number;

/** One stream for each kind of thing that is numbered. */
const STREAMS = { customer: 1, movedCustomer: 2, product: 3, transaction: 4 } as const;

/**
 * Creates the stream of pseudo-random numbers of one record. The same seed, kind and index always give the same
 * numbers, so that a record can be created again from its index and none has to be stored.
 *
 * The generator is sfc32 (Small Fast Counting, Chris Doty-Humphrey, PractRand). Its counter starts at 1, and twelve
 * numbers are thrown away so that neighbouring indices part.
 */
export function createRandomForRecord(seed: number, kind: keyof typeof STREAMS, index: number): Random {
  let a = index | 0;
  let b: number = STREAMS[kind];
  let c = seed | 0;
  let counter = 1;
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let round = 0; round < 12; round++) next();
  return next;
}

/** Returns an integer from 0 up to, but without, `limit` (at most 2^32). */
export function below(random: Random, limit: number): number {
  return Math.floor((random() / 2 ** 32) * limit);
}

/** Returns an integer from `first` to `last`, both included. */
export function between(random: Random, first: number, last: number): number {
  return first + below(random, last - first + 1);
}

/** Returns true with the given probability (0 to 1). */
export function chance(random: Random, probability: number): boolean {
  return random() < probability * 2 ** 32;
}

/** Returns one item of a list that is not empty. */
export function pick<T>(random: Random, items: readonly [T, ...(readonly T[])]): T {
  return items[below(random, items.length)] ?? items[0];
}

/** Returns a UUID of version 4 and variant 1, its free bits from the stream. */
export function uuid(random: Random): string {
  const [a, b] = [hex32(random()), hex32((random() & 0xffff0fff) | 0x4000)];
  const [c, d] = [hex32((random() & 0x3fffffff) | 0x80000000), hex32(random())];
  return `${a}-${b.slice(0, 4)}-${b.slice(4)}-${c.slice(0, 4)}-${c.slice(4)}${d}`;
}

function hex32(bits: number): string {
  return (bits >>> 0).toString(16).padStart(8, "0");
}
