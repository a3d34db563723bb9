import type { Area } from "./storage.js";

/** The folders of a data folder. Receipts name the places of files by them, too. */
export const AREA_FOLDERS = {
  landing: "landing",
  claimed: "claimed",
  staging: "staging",
  processed: "processed_data",
  archived: "archived_data",
  quarantined: "quarantined_data",
} as const satisfies Record<Area, string>;

/** Where `claimed` is when landing is on another mount: a rename would not leave that, and hidden names are no input. */
export const CLAIMED_IN_LANDING = ".lethe-claimed";

/** Where files grow before they move to landing, which others look at. */
export const INCOMING_FOLDER = "incoming";
