import Type from "typebox";

/**
 * What the extractor refuses is what erasures cannot search: whoever takes files in, erases in them or scans them reads
 * the same setting.
 */
export const UNPACK_SETTINGS = {
  LETHE_MAX_UNPACK_RATIO: Type.Integer({
    default: 200,
    minimum: 1,
    description: "A packed file that becomes larger than this many times itself, and than 16 MiB, is unreadable",
  }),
} as const;
