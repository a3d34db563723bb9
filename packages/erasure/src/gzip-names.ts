import type { DatasetName } from "@lethe/contracts/datasets";
import { type MayStay, mayHaveGzipNames, withoutGzipNames } from "@lethe/input-files/gzip-names";
import type { InputFormat } from "@lethe/input-files/input-format";
import type { Area, OpenFile, Storage } from "@lethe/storage/storage";
import type { SearchedPeople } from "./searched-people.js";

/** A file that may be packed. */
interface PackedFile {
  readonly dataset: DatasetName;
  readonly format: InputFormat;
}

/**
 * Removes from the headers of a packed file what its sender has put there (the name that it had, a comment), since names from
 * outside are never kept. A file whose headers hold nothing, or the plain name of the dataset's files, stays as it is.
 */
export async function dropGzipNames(
  storage: Storage,
  { area, key }: { readonly area: Area; readonly key: string },
  file: PackedFile,
): Promise<void> {
  if (!file.format.gzip) return;
  const stored = await storage.open(area, key);
  if (stored === undefined) return;
  try {
    const mayStay = plainNameOf(file);
    if (!(await mayHaveGzipNames(stored.bytes(), mayStay))) return;
    let isChanged = false;
    const note = () => {
      isChanged = true;
    };
    const written = await storage.write(area, key, withoutGzipNames(stored.bytes(), mayStay, note), {
      replaces: stored,
    });
    await (isChanged ? written.commit() : written.discard());
  } finally {
    await stored.close();
  }
}

/** Returns the erasures of the people whom the headers of a packed file name. */
export async function erasuresInGzipNames(
  stored: OpenFile,
  file: PackedFile,
  people: SearchedPeople,
): Promise<readonly string[]> {
  const mayStay = plainNameOf(file);
  if (!file.format.gzip || !(await mayHaveGzipNames(stored.bytes(), mayStay))) return [];
  const found = new Set<string>();
  const look = (text: string) => {
    for (const { erasureId } of people.find(text)) found.add(erasureId);
  };
  for await (const _ of withoutGzipNames(stored.bytes(), mayStay, look));
  return [...found];
}

/** The name that `gzip` gives a dataset's file that has no tag of its sender's. */
function plainNameOf({ dataset, format }: PackedFile): MayStay {
  const plain = `${dataset}.${format.shape}`;
  return (name) => name === plain || name === `${plain}.gz`;
}
