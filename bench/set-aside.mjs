import { mkdir, mkdtemp, rename } from "node:fs/promises";
import path from "node:path";

/**
 * Empties folders of an installation by moving what lies in them to a folder beside it. To delete it would be the next
 * run's to pay for: ext4 gives out no inode again that was freed within the last minutes (one, or six until its table is
 * written), and passes over each of them whenever it looks for one: `recently_deleted` in fs/ext4/ialloc.c. It took the
 * loader up to three times its CPU time.
 */
export async function setAside(folder, places) {
  const aside = await mkdtemp(`${folder}-aside-`);
  for (const place of places) {
    const emptied = path.join(folder, place);
    await mkdir(emptied, { recursive: true });
    await rename(emptied, path.join(aside, place));
    // Services expect it to be there.
    await mkdir(emptied);
  }
}
