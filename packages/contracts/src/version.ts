/** The version of this Lethe, as its API and its events name it. */
export const VERSION = "0.1.0";
