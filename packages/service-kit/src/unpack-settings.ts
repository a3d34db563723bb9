import Type from "typebox";

/**
 * The limit of unpacking. Services that take files in, erase in them or scan them share it, because an erasure cannot search
 * what the extractor refuses.
 */
export const UNPACK_SETTINGS = {
  LETHE_MAX_UNPACK_RATIO: Type.Integer({
    default: 200,
    minimum: 1,
    description: "A packed file that becomes larger than this many times itself, and than 16 MiB, is unreadable",
  }),
} as const;
