import Type from "typebox";

/**
 * What the extractor refuses is what erasures cannot search: whoever takes files in, erases in them or scans them reads
 * the same setting.
 */
export const UNPACK_SETTINGS = {
  LETHE_MAX_UNPACK_RATIO: Type.Integer({
    default: 200,
    minimum: 1,
    description:
      "A packed file that grows to more than this many times its size, and to more than 16 MiB, is unreadable",
  }),
} as const;
