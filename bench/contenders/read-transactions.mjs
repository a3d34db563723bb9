import { createReadStream } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { filesOf } from "../input.mjs";
import { parseTransaction } from "./parse-transaction.mjs";

/** Reads the transactions of a folder's files, line by line, at most so many. Throws at the first that is not valid. */
export async function* readTransactions(folder, most) {
  let count = 0;
  for (const file of await filesOf(folder)) {
    for await (const line of createInterface({ input: createReadStream(path.join(folder, file)) })) {
      if (count++ === most) return;
      yield parseTransaction(line);
    }
  }
}
