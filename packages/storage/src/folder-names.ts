import { DATA_FOLDERS } from "@lethe/contracts/data-folders";
import type { Area } from "./storage.js";

/** The folders of a data folder, by area. */
export const AREA_FOLDERS = DATA_FOLDERS satisfies Record<Area, string>;

/** Where `claimed` is when landing is on another mount: a rename would not leave that, and hidden names are no input. */
export const CLAIMED_IN_LANDING = ".lethe-claimed";

/** Where files grow before they move to landing, which others look at. */
export const INCOMING_FOLDER = "incoming";
