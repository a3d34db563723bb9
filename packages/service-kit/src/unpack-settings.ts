import Type from "typebox";

/**
 * The limit of unpacking. Services that take files in, erase in them or scan them share it, because an erasure cannot search
 * what the extractor refuses.
 */
export const UNPACK_SETTINGS = {
  LETHE_MAX_UNPACK_RATIO: Type.Integer({
    default: 200,
    minimum: 1,
    description:
      "A packed file that grows to more than this many times its size, and to more than 16 MiB, is unreadable",
  }),
} as const;
