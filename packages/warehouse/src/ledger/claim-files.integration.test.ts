import { createHash, randomUUID } from "node:crypto";
import { RunStateError } from "@lethe/contracts/errors";
import { RUN_STATES } from "@lethe/contracts/runs";
import { unfenced } from "@lethe/test-kit/unfenced";
import { describe, expect } from "vitest";
import { it, LOCKED } from "../../test/ledger-database.js";
import { addFile, addRun, readRow, readRows } from "../../test/ledger-rows.js";
import { adoptFile, claimFiles, countAlreadyLoaded, type FoundFile, quarantineFile } from "./claim-files.js";

/** A file of a name and a content, in one hour's folder. */
function found(name: string, content: string = name): FoundFile {
  const sha256 = createHash("sha256").update(content).digest();
  return {
    path: `date=2020-01-01/hour=05/${name}`,
    partition: { date: "2020-01-01", hour: 5 },
    sha256,
    bytes: 7,
    delivery: sha256,
    format: "json",
    convertedFrom: null,
  };
}

describe("claimFiles", () => {
  it("takes what is new, in the order of the files, and notes what they are", async ({ pool }) => {
    const runId = await addRun(pool);
    const [b, a] = [found("b.json"), found("a.json")];
    const claims = await claimFiles(unfenced(pool), runId, "customers", [b, a], false);
    expect(claims).toEqual([
      { kind: "taken", fileId: expect.any(Number) },
      { kind: "taken", fileId: expect.any(Number) },
    ]);
    const rows = await readRows(
      pool,
      "ledger.files",
      "path",
      "id",
      "sha256",
      "partition_hour",
      "bytes",
      "delivery",
      "format",
      "converted_from",
      "state",
      "run_id",
    );
    const noted = { partition_hour: 5, bytes: 7, format: "json", converted_from: null, state: "open", run_id: runId };
    const [ofB, ofA] = claims.map((claim) => ("fileId" in claim ? claim.fileId : undefined));
    expect(rows).toEqual([
      { ...noted, path: a.path, sha256: a.sha256, delivery: a.sha256, id: ofA },
      { ...noted, path: b.path, sha256: b.sha256, delivery: b.sha256, id: ofB },
    ]);
  });

  it("resumes what the run took before it was interrupted, and says whether all of it is cut into batches", async ({
    pool,
  }) => {
    const runId = await addRun(pool);
    const [whole, part] = [found("whole.json"), found("part.json")];
    const ids = [
      await addFile(pool, runId, { path: whole.path, sha256: whole.sha256, batches_total: 3 }),
      await addFile(pool, runId, { path: part.path, sha256: part.sha256 }),
    ];
    expect(await claimFiles(unfenced(pool), runId, "customers", [whole, part], false)).toEqual([
      { kind: "resumed", fileId: ids[0], complete: true },
      { kind: "resumed", fileId: ids[1], complete: false },
    ]);
  });

  it.for([
    ["done", false],
    ["quarantined", true],
  ] as const)("knows a delivery that is %s", async ([state, quarantined], { pool }) => {
    const file = found("again.json");
    const keptPath = "date=2020-01-01/hour=05/customers.7.json";
    const before = { sha256: file.sha256, state, kept_path: keptPath };
    const fileId = await addFile(pool, await addRun(pool, { state: "succeeded" }), before);
    const runId = await addRun(pool);
    const claim = { kind: "known", quarantined: quarantined ? { fileId, keptPath } : undefined };
    expect(await claimFiles(unfenced(pool), runId, "customers", [file], false)).toEqual([claim]);
    await adoptFile(unfenced(pool), runId, fileId);
    const { run_id: owner } = await readRow(pool, "ledger.files", fileId);
    expect(owner === runId).toBe(quarantined);
  });

  it("takes a delivery once that stands under two paths in one list, and in a later one of the same run", async ({
    pool,
  }) => {
    const runId = await addRun(pool);
    const files = [found("one.json", "same"), found("two.json", "same")];
    const [first, second] = await claimFiles(unfenced(pool), runId, "customers", files, false);
    expect([first?.kind, second]).toEqual(["taken", { kind: "known", quarantined: undefined }]);
    const later = await claimFiles(unfenced(pool), runId, "customers", [found("three.json", "same")], false);
    expect(later).toEqual([{ kind: "known", quarantined: undefined }]);
  });

  it("finds a file busy that another open run has", async ({ pool }) => {
    const file = found("customers.json");
    await addFile(pool, await addRun(pool, { kind: "replay" }), { path: file.path, sha256: file.sha256 });
    expect(await claimFiles(unfenced(pool), await addRun(pool), "customers", [file], false)).toEqual([
      { kind: "busy" },
    ]);
  });

  it.for(["released", "of another dataset"])("takes content that is %s", async (which, { pool }) => {
    const file = found("customers.json");
    const before = which === "released" ? { state: "released" } : { state: "done", dataset: "products" };
    await addFile(pool, await addRun(pool, { state: "failed" }), { sha256: file.sha256, ...before });
    expect(await claimFiles(unfenced(pool), await addRun(pool), "customers", [file], false)).toMatchObject([
      { kind: "taken" },
    ]);
  });

  it("takes with force what is known, but not what an open run has, nor what it took itself", async ({ pool }) => {
    const [done, odd, busy, own] = [found("done.json"), found("odd.json"), found("busy.json"), found("own.json")];
    const before = await addRun(pool, { state: "succeeded" });
    const old = await addFile(pool, before, { sha256: done.sha256, state: "done" });
    await addFile(pool, before, { sha256: odd.sha256, state: "quarantined" });
    await addFile(pool, await addRun(pool, { kind: "replay" }), { sha256: busy.sha256 });
    const runId = await addRun(pool);
    await addFile(pool, runId, { sha256: own.sha256, state: "done" });
    const claims = await claimFiles(unfenced(pool), runId, "customers", [done, odd, busy, own], true);
    expect(claims.map(({ kind }) => kind)).toEqual(["taken", "taken", "busy", "known"]);
    expect(await readRow(pool, "ledger.files", old)).toMatchObject({ state: "released" });
  });

  it.for(RUN_STATES.slice(4))("takes nothing for a run that has %s", async (state, { pool }) => {
    const runId = await addRun(pool, { state });
    const claiming = claimFiles(unfenced(pool), runId, "customers", [found("a.json")], false);
    await expect(claiming).rejects.toThrow(new RunStateError(`run ${runId} is closed`));
    await expect(claimFiles(unfenced(pool), randomUUID(), "customers", [found("a.json")], false)).rejects.toThrow(
      RunStateError,
    );
    expect(await readRows(pool, "ledger.files", "id")).toEqual([]);
  });

  it("gives each file to one of two runs that ask at once", async ({ pool }) => {
    const runs = [await addRun(pool), await addRun(pool, { kind: "replay" })];
    const files = Array.from({ length: 20 }, (_, i) => found(`${i}.json`));
    const [one = [], two = []] = await Promise.all(
      runs.map((runId, i) =>
        claimFiles(unfenced(pool), runId, "customers", i === 0 ? files : files.toReversed(), false),
      ),
    );
    const takenTwice = one.filter((claim, i) => claim.kind === "taken" && two.at(-1 - i)?.kind === "taken");
    expect(takenTwice).toEqual([]);
    expect([...one, ...two].filter(({ kind }) => kind === "taken")).toHaveLength(20);
    expect([...one, ...two].filter(({ kind }) => kind === "busy")).toHaveLength(20);
  });

  it("waits for whoever closes the run, and is waited for", async ({ pool, client, hasty }) => {
    const runId = await addRun(pool);
    const cancel = "update ledger.runs set state = 'cancelled' where id = $1";
    await client.query(cancel, [runId]);
    await expect(claimFiles(unfenced(hasty), runId, "customers", [found("a.json")], false)).rejects.toMatchObject(
      LOCKED,
    );
    await client.query("rollback; begin");
    await claimFiles(unfenced(client), runId, "customers", [found("a.json")], false);
    await expect(hasty.query(cancel, [runId])).rejects.toMatchObject(LOCKED);
  });

  it("takes nothing of an empty list", async ({ pool }) => {
    expect(await claimFiles(unfenced(pool), await addRun(pool), "customers", [], true)).toEqual([]);
  });
});

describe("countAlreadyLoaded", () => {
  it("adds up over the lists of a run, and counts for no other", async ({ pool }) => {
    const [runId, other] = [await addRun(pool), await addRun(pool, { kind: "replay" })];
    await countAlreadyLoaded(unfenced(pool), runId, 2);
    await countAlreadyLoaded(unfenced(pool), runId, 3);
    expect(await readRow(pool, "ledger.runs", runId)).toMatchObject({ already_loaded: 5 });
    expect(await readRow(pool, "ledger.runs", other)).toMatchObject({ already_loaded: 0 });
  });
});

describe("quarantineFile", () => {
  it("puts the file aside once: its record names it and no line", async ({ pool }) => {
    const runId = await addRun(pool);
    const fileId = await addFile(pool, runId);
    for (const path of ["aside/customers.json", "again/customers.json"]) {
      await quarantineFile(unfenced(pool), {
        reason: "unreadable",
        runId,
        dataset: "customers",
        fileId,
        keptPath: path,
        message: "the file is not UTF-8",
      });
    }
    const aside = {
      state: "quarantined",
      path: "aside/customers.json",
      kept_path: "aside/customers.json",
      done_at: expect.any(Date),
    };
    expect(await readRow(pool, "ledger.files", fileId)).toMatchObject(aside);
    const columns = ["id", "dataset", "reason", "status", "run_id", "file_id", "line", "message", "payload"];
    const record = { dataset: "customers", reason: "unreadable", status: "open", run_id: runId, file_id: fileId };
    const whole = { line: null, message: "the file is not UTF-8", payload: null };
    expect(await readRows(pool, "ledger.quarantine", ...columns)).toEqual([
      { id: expect.any(Number), ...record, ...whole },
    ]);
  });

  it.for(["done", "released"])("leaves a file that is %s where it is", async (state, { pool }) => {
    const runId = await addRun(pool);
    const fileId = await addFile(pool, runId, { state });
    await quarantineFile(unfenced(pool), {
      reason: "unreadable",
      runId,
      dataset: "customers",
      fileId,
      keptPath: "aside/customers.json",
      message: "torn",
    });
    expect(await readRow(pool, "ledger.files", fileId)).toMatchObject({ state, kept_path: null });
    expect(await readRows(pool, "ledger.quarantine", "id")).toEqual([]);
  });
});
