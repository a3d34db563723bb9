/** The folders of a data folder. Receipts name the places of files by them, too. */
export const DATA_FOLDERS = {
  landing: "landing",
  claimed: "claimed",
  staging: "staging",
  processed: "processed_data",
  archived: "archived_data",
  quarantined: "quarantined_data",
} as const;

const PLACE = new RegExp(
  `^.*/(${Object.values(DATA_FOLDERS).join("|")})(/date=\\d{4}-\\d{2}-\\d{2}(?:/hour=\\d{2})?)?(?=/|$)`,
  "s",
);

/**
 * Returns the folder of a data folder, and the partition, that a path lies in. Names nothing below them, since names of files from
 * outside may hold personal data. Undefined for a path elsewhere.
 */
export function partitionFolderOf(path: string): string | undefined {
  const [, folder, partition = ""] = PLACE.exec(path) ?? [];
  return folder === undefined ? undefined : `${folder}${partition}`;
}
