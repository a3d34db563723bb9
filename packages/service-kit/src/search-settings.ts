import Type from "typebox";

/** How far erasures search. Services that complete erasures share it. */
export const SEARCH_SETTINGS = {
  LETHE_FULL_SEARCH_BYTES: Type.Integer({
    default: 16 * 1024 * 1024,
    minimum: 0,
    description:
      "While the kept files are at most so many bytes on disk, each at least 8 KiB, an erasure searches all of them; beyond it, the person's own",
  }),
} as const;
