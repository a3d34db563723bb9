import { readdir, rm } from "node:fs/promises";
import path from "node:path";

const EMPTIED_FOLDERS = ["landing", "processed_data", "archived_data", "quarantined_data"];

/** Takes an installation back to before its first file: every row of the warehouse and of the ledger's runs goes. */
export async function resetAll(client, folder) {
  // All else refers to a run, or to a file of one.
  await client.query("truncate ledger.runs, ledger.processed_files cascade");
  await client.query("checkpoint");
  for (const place of EMPTIED_FOLDERS) {
    // The folders themselves stay, as services expect them.
    const names = await readdir(path.join(folder, place)).catch(() => []);
    for (const name of names) await rm(path.join(folder, place, name), { recursive: true, force: true });
  }
}
