import { RECORD_WARNINGS } from "@lethe/contracts/record-warnings";
import { describe, expect } from "vitest";
import { it } from "../../test/ledger-database.js";
import { addBatch, addFile, addRun } from "../../test/ledger-rows.js";
import { inTransaction } from "../pool.js";
import { readRun } from "./read-runs.js";
import { writeRecordWarnings } from "./record-warnings.js";

describe("warnings about records", () => {
  it("are added up over a run's batches, with the place of the first, and count once for a batch", async ({ pool }) => {
    const runId = await addRun(pool, { job: "customers" });
    const [first, second] = [
      await addFile(pool, runId, { dataset: "customers", path: "date=2021-01-01/hour=00/customers.json" }),
      await addFile(pool, runId, { dataset: "customers", path: "date=2021-01-01/hour=01/customers.json" }),
    ];
    const [one, two] = [await addBatch(pool, runId), await addBatch(pool, runId)];
    const code = "change_implausible";
    await inTransaction(pool, async (client) => {
      await writeRecordWarnings(client, two, [{ code, records: 2, fileId: second, line: 7 }]);
      await writeRecordWarnings(client, one, [{ code, records: 9, fileId: first, line: 9 }]);
      await writeRecordWarnings(client, one, [
        { code, records: 1, fileId: first, line: 9 },
        { code: "time_cut", records: 1, fileId: first, line: 3 },
      ]);
    });
    expect((await readRun(pool, runId)).notices).toEqual([
      {
        code,
        path: "date=2021-01-01/hour=00/customers.json",
        message: `${RECORD_WARNINGS[code]} 3 records, the first in line 9.`,
      },
      {
        code: "time_cut",
        path: "date=2021-01-01/hour=00/customers.json",
        message: `${RECORD_WARNINGS.time_cut} 1 record, the first in line 3.`,
      },
    ]);
  });
});
