import { unfenced } from "@lethe/test-kit/unfenced";
import { markTransformed, readBatch } from "@lethe/warehouse/ledger/load-batch";
import { recordBatch } from "@lethe/warehouse/ledger/record-batches";
import { inTransaction, type Pool } from "@lethe/warehouse/pool";
import fc from "fast-check";
import { describe, expect } from "vitest";
import { addFile, addRun } from "../packages/warehouse/test/ledger-rows.js";
import { stageBatch } from "../services/extractor/src/stage-batch.js";
import type { LoaderContext } from "../services/loader/src/context.js";
import { loadBatches } from "../services/loader/src/load-batches.js";
import { it } from "../services/loader/test/loader-fixture.js";
import { addCustomerAndProduct, sale } from "../services/loader/test/sales.js";
import { transformStagedBatch } from "../services/transformer/src/transform-staged-batch.js";

// Which of several records with one id is taken, which are duplicates and which conflicts depends on the order of the input
// alone: not on where batches are cut, which of them is transformed first, or how many load at once.

const NEVER = new AbortController().signal;
/** The first content that a record may have is as good as the second. With the others it is rejected by itself. */
const CONTENTS = ["one", "other", "unknown_customer", "unknown_sku", "total_mismatch"] as const;

interface Line {
  readonly file: number;
  /** Which of a few ids it bears. */
  readonly id: number;
  readonly content: (typeof CONTENTS)[number];
}

/** A run's input with the cuts of its batches and the order in which they are transformed. */
interface Case {
  readonly lines: readonly Line[];
  /** Whether a batch ends behind the line. */
  readonly cuts: readonly boolean[];
  readonly order: readonly number[];
}

const LINES = 14;
const cases: fc.Arbitrary<Case> = fc.record({
  lines: fc
    .array(fc.record({ file: fc.nat(2), id: fc.nat(2), content: fc.constantFrom("one" as const, ...CONTENTS) }), {
      minLength: 2,
      maxLength: LINES,
    })
    .map((lines) => lines.sort((a, b) => a.file - b.file)),
  cuts: fc.array(fc.boolean(), { minLength: LINES, maxLength: LINES }),
  order: fc.array(fc.nat(1_000), { minLength: LINES, maxLength: LINES }),
});

describe("records with one id", () => {
  it("have the same outcome however the input is cut, and in whatever order and however many at once it is worked on", async ({
    context,
    pool,
    log,
  }) => {
    const setUp = await addRun(pool, { job: "customers", state: "succeeded" });
    await addCustomerAndProduct(pool, await addFile(pool, setUp));
    let run = 0;
    await fc.assert(
      fc.asyncProperty(cases, async (input) => {
        run += 1;
        const files = await load(context, run, input, log);
        expect(await outcomeOf(pool, run, files)).toEqual(expected(input.lines));
      }),
      { numRuns: 40 },
    );
  });
});

/** Decides on one line after the other, as whoever reads the rules would. */
function expected(lines: readonly Line[]) {
  const taken = new Map<number, Line>();
  const rejected: string[] = [];
  const counts = [0, 1, 2].map(() => ({ loaded: 0, rejected: 0 }));
  for (const [i, line] of lines.entries()) {
    const { id, content, file } = line;
    const first = taken.get(id);
    const reason =
      content === "total_mismatch"
        ? content
        : first !== undefined
          ? first.content === content
            ? "duplicate"
            : "conflict"
          : content === "one" || content === "other"
            ? undefined
            : content;
    const count = counts[file];
    if (count === undefined) continue;
    if (reason === undefined) {
      taken.set(id, line);
      count.loaded += 1;
    } else {
      rejected.push(`${file}:${i} ${reason}`);
      count.rejected += 1;
    }
  }
  const loaded = [...taken].map(([id, { file, content }]) => `${id} ${content} ${file}`).sort();
  return { loaded, rejected: rejected.sort(), counts };
}

function recordOf(run: number, { id, content }: Line): object {
  const record = sale(run * 10 + id, content === "unknown_customer" ? "999999" : "013000");
  const sku = content === "unknown_sku" ? 999_999 : 50_121;
  const quantity = content === "other" ? 2 : 1;
  const total = content === "other" ? "9.98" : "4.99";
  const products = [{ sku, quantity, price: "4.99", total }];
  return { ...record, purchases: { products, total_cost: content === "total_mismatch" ? "0.01" : total } };
}

/** Takes an input through the transformer and the loader, and returns the ids of its files. */
async function load(
  context: LoaderContext,
  run: number,
  { lines, cuts, order }: Case,
  log: Parameters<typeof loadBatches>[3],
): Promise<number[]> {
  const { pool, staging, datasets, ring, policy } = context;
  await pool.query("update ledger.runs set state = 'succeeded'");
  const runId = await addRun(pool, { job: "transactions" });
  const files: number[] = [];
  for (const file of [0, 1, 2]) {
    files.push(await addFile(pool, runId, { dataset: "transactions", path: `${file}`, batches_total: LINES }));
  }
  const batches: { readonly batchId: string; readonly at: number }[] = [];
  for (let from = 0; from < lines.length; ) {
    const cut = cuts.findIndex((isCut, i) => i >= from && isCut);
    const end = cut === -1 ? lines.length : Math.min(cut + 1, lines.length);
    const own = lines.slice(from, end);
    const segments = [0, 1, 2].flatMap((file) => {
      const first = own.findIndex((line) => line.file === file);
      if (first === -1) return [];
      const lineCount = own.filter((line) => line.file === file).length;
      const partition = { date: "2020-01-01", hour: 5 };
      const place = { firstOrdinal: first, lineCount, firstLine: from + first + 1 };
      return [{ fileId: files[file] ?? 0, partition, encoding: "json" as const, ...place }];
    });
    const bytes = own.map((line) => Buffer.from(`${JSON.stringify(recordOf(run, line))}\n`));
    const batch = await stageBatch(staging, runId, segments, bytes);
    await inTransaction(pool, (client) => recordBatch(unfenced(client), batch));
    batches.push({ batchId: batch.id, at: order[batches.length] ?? 0 });
    from = end;
  }
  const tools = {
    staging,
    datasets,
    ring,
    policy,
    schemaMode: "quarantine",
    refundMode: "reject",
    maxNesting: 100,
  } as const;
  const lookup = { findSuppression: () => undefined, judgeArrival: () => ({ kind: "plain" }) as const };
  const loads: Promise<void>[] = [];
  for (const { batchId } of batches.sort((a, b) => a.at - b.at)) {
    const work = { runId, batchId, dataset: "transactions", freezes: false, poison: [], probe: null } as const;
    await transformStagedBatch(tools, work, { epoch: 0, lookup });
    await markTransformed(pool, batchId, 1, 1);
    loads.push(loadJobsFrom(batchId));
  }
  await Promise.all(loads);
  return files;

  async function loadJobsFrom(batchId: string): Promise<void> {
    const info = await readBatch(pool, batchId);
    const { next } = await loadBatches(context, { runId, batchId }, info, log, NEVER);
    if (next !== undefined) await loadJobsFrom(next);
  }
}

async function outcomeOf(pool: Pool, run: number, files: readonly number[]) {
  const file = (id: number) => files.indexOf(id);
  const { rows: loaded } = await pool.query<{ id: number; total: string; file: number }>(
    `select right(transaction_id::text, 6)::integer as id, total_cost::text as total, source_file_id as file
     from warehouse.transactions where source_file_id = any ($1)`,
    [files],
  );
  const { rows: rejected } = await pool.query<{ file: number; line: number; reason: string }>(
    "select file_id as file, line, reason from ledger.quarantine where file_id = any ($1)",
    [files],
  );
  const { rows: counts } = await pool.query<{ loaded: number; rejected: number }>(
    "select records_loaded as loaded, records_rejected as rejected from ledger.files where id = any ($1) order by id",
    [files],
  );
  return {
    loaded: loaded
      .map((row) => `${row.id - run * 10} ${row.total === "4.99" ? "one" : "other"} ${file(row.file)}`)
      .sort(),
    rejected: rejected.map((row) => `${file(row.file)}:${row.line - 1} ${row.reason}`).sort(),
    counts,
  };
}
