import { setAside } from "./set-aside.mjs";

const STATEMENTS = [
  "truncate warehouse.purchases, warehouse.delivery_addresses, warehouse.transactions",
  "delete from ledger.processed_files where dataset = 'transactions'",
  "delete from ledger.notices n using ledger.runs r where r.id = n.run_id and r.job = 'transactions'",
  "delete from ledger.batch_segments s using ledger.files f where f.id = s.file_id and f.dataset = 'transactions'",
  "delete from ledger.quarantine where dataset = 'transactions'",
  "delete from ledger.schema_changes s using ledger.batches b, ledger.runs r where b.id = s.batch_id and r.id = b.run_id and r.job = 'transactions'",
  "delete from ledger.batches b using ledger.runs r where r.id = b.run_id and r.job = 'transactions'",
  "delete from ledger.files where dataset = 'transactions'",
  "delete from ledger.runs where job = 'transactions'",
  "analyze warehouse.customers, warehouse.products",
  "checkpoint",
];

/** Takes an installation back to before its first transaction, so that each contender starts from the same tables. */
export async function resetTransactions(client, folder) {
  for (const statement of STATEMENTS) await client.query(statement);
  await setAside(folder, ["landing", "processed_data", "archived_data"]);
}
