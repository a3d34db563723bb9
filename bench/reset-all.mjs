import { setAside } from "./set-aside.mjs";

/** Takes an installation back to before its first file: every row of the warehouse and of the ledger's runs goes. */
export async function resetAll(client, folder) {
  // All else refers to a run, or to a file of one.
  await client.query("truncate ledger.runs, ledger.processed_files cascade");
  await client.query("checkpoint");
  await setAside(folder, ["landing", "processed_data", "archived_data", "quarantined_data"]);
}
