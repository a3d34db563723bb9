import type { Receipt } from "@lethe/contracts/erasures";
import { InvalidInputError } from "@lethe/contracts/errors";
import type { Checkpoint, LogEntry, Signer } from "@lethe/contracts/proof";
import { createSigningKey, parsePublicKeys, parseSigningKeys, rotateSigningKeys } from "@lethe/privacy/signing-key";
import { digestOf } from "@lethe/warehouse/proof/digest";
import { hashContent } from "@lethe/warehouse/proof/hash-entry";
import { signCheckpoint } from "@lethe/warehouse/proof/sign-checkpoint";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SAMPLE_STEPS, type SampleLog, type SampleStep, sampleLog } from "../test/sample-log.js";
import { chainEntry, sampleReceipt } from "../test/sample-receipt.js";
import { checkReceiptText, formatLog, parseCheckpoint } from "./receipt-file.js";

const SIGNER = parseSigningKeys(createSigningKey());
const STRANGER = parseSigningKeys(createSigningKey());
const verifySignature = parsePublicKeys(SIGNER.publicKeys.join(""));

const REAPPLIED = { kind: "reapplied", sequence: 8, createdAt: "2022-03-04T12:00:00.000Z", body: {} } as const;

const toText = ({ entries, checkpoints }: SampleLog) => formatLog(entries, checkpoints).join("\n");
const faultsOf = (log: SampleLog, kept?: Checkpoint) => checkReceiptText(toText(log), { verifySignature, kept }).faults;

/** Returns the log as somebody makes it who can write the database and the export, and has no signing key. */
function chainAnew(entries: readonly LogEntry[]): LogEntry[] {
  const chained: LogEntry[] = [];
  for (const { kind, body, createdAt } of entries) {
    const previousHash = chained.at(-1)?.hash ?? "0".repeat(64);
    chained.push(chainEntry(previousHash, { kind, body, createdAt, sequence: chained.length + 1 }));
  }
  return chained;
}

describe("an exported log", () => {
  const log = sampleLog(SIGNER);

  it("is whole, and says how much of it is signed", () => {
    const check = checkReceiptText(toText(log), { verifySignature });
    expect(check).toMatchObject({ receipts: 3, entries: 7, faults: [], unsigned: 0, isPiece: false });
    const longer = sampleLog(SIGNER, [...SAMPLE_STEPS, { kind: "decision", body: {} }]);
    expect(checkReceiptText(toText(longer), { verifySignature })).toMatchObject({ faults: [], unsigned: 1 });
    expect(checkReceiptText(toText(sampleLog(SIGNER, [])), { verifySignature }).faults).toEqual([]);
    expect(checkReceiptText(`[${formatLog(log.entries, log.checkpoints).join(",")}]`).faults).toEqual([]);
  });

  it("names a line that says something twice, or more than an entry", () => {
    const lines = formatLog(log.entries, log.checkpoints);
    const at = lines.findIndex((line) => line.includes('"kind":"receipt"'));
    const line = lines[at] ?? "";
    const tampered = [
      line.replace('"kind":"receipt"', '"kind":"decision","kind":"receipt"'),
      line.replace('{"entry":', '{"note":"whole","entry":'),
      line.replace(/"body":\{/, '"body":{"found":true,'),
    ];
    for (const other of tampered) {
      expect(other).not.toBe(line);
      expect(checkReceiptText(lines.with(at, other).join("\n"), { verifySignature }).faults, other).not.toEqual([]);
    }
    expect(
      checkReceiptText(
        JSON.stringify(
          lines.map((each) => JSON.parse(each)),
          null,
          2,
        ),
        { verifySignature },
      ).faults,
    ).toEqual([]);
  });

  it("names a change of any field of any entry and checkpoint", () => {
    for (const [list, index] of [...log.entries.keys()].map((at) => ["entries", at] as const)) {
      for (const path of valuePaths(log[list][index])) {
        const tampered = { ...log, entries: log.entries.with(index, changed(log.entries[index], path) as LogEntry) };
        expect(faultsOf(tampered), `entry ${index + 1}: ${path.join("/")}`).not.toEqual([]);
      }
    }
    for (const [index, checkpoint] of log.checkpoints.entries()) {
      const paths = valuePaths(checkpoint);
      expect(paths).toHaveLength(12);
      for (const path of paths) {
        const checkpoints = log.checkpoints.with(index, changed(checkpoint, path) as Checkpoint);
        expect(faultsOf({ ...log, checkpoints }), `checkpoint ${index + 1}: ${path.join("/")}`).not.toEqual([]);
      }
    }
  });

  it.each([
    ["the first receipt", (entries: readonly LogEntry[]) => entries.toSpliced(1, 1)],
    ["a middle receipt", (entries: readonly LogEntry[]) => entries.toSpliced(4, 1)],
    ["the last receipt", (entries: readonly LogEntry[]) => entries.slice(0, -1)],
    ["a suppression", (entries: readonly LogEntry[]) => entries.toSpliced(2, 1)],
    ["all entries", () => []],
  ])("misses %s, also when the rest was chained anew", (_, remove) => {
    expect(faultsOf({ ...log, entries: remove(log.entries) })).not.toEqual([]);
    expect(faultsOf({ ...log, entries: chainAnew(remove(log.entries)) })).not.toEqual([]);
  });

  it("is not believed when it was hashed anew without the signing key", () => {
    const edited = log.entries.with(1, changed(log.entries[1], ["body", "found"]) as LogEntry);
    const steps = chainAnew(edited).flatMap(({ kind, body, sequence }): SampleStep[] =>
      [2, 5, 7].includes(sequence) ? [{ kind, body }, "sign"] : [{ kind, body }],
    );
    const forged = sampleLog({ ...STRANGER, keyId: SIGNER.keyId }, steps);
    expect(faultsOf({ entries: forged.entries, checkpoints: log.checkpoints })).not.toEqual([]);
    expect(faultsOf(forged)).toEqual([1, 2, 3].map((n) => expect.stringContaining(`checkpoint ${n}: its signature`)));
    expect(faultsOf(sampleLog(STRANGER, steps))).toHaveLength(3);
    expect(faultsOf({ entries: forged.entries, checkpoints: [] })).toEqual([
      "no checkpoint is there, so nothing in the log is under a signature",
    ]);
  });

  it("shows a cut at either end, at any line", () => {
    const lines = formatLog(log.entries, log.checkpoints);
    for (let cut = 1; cut < lines.length; cut += 1) {
      for (const rest of [lines.slice(cut), lines.slice(0, -cut)]) {
        expect(checkReceiptText(rest.join("\n"), { verifySignature }).faults, String(cut)).not.toEqual([]);
      }
    }
    const text = lines.join("\n");
    for (const cut of [text.slice(0, -10), text.slice(10)]) {
      expect(checkReceiptText(cut, { verifySignature }).faults).not.toEqual([]);
    }
  });

  it("shows suppressions that were taken off the list without a logged act", () => {
    // A database whose list was emptied is what the holder of the key signed; the log says what was on the list.
    const emptied = log.checkpoints.map((checkpoint) => ({ ...checkpoint, suppressions: digestOf([]) }));
    const lessOne = log.checkpoints.with(-1, { ...newestOf(log), suppressions: digestOf(["another"]) });
    const fault = "the suppression list that it commits to is not the one that the log gives";
    expect(faultsOf({ ...log, checkpoints: signAgain(emptied) })).toHaveLength(3);
    expect(faultsOf({ ...log, checkpoints: signAgain(lessOne) })).toEqual([`checkpoint 3: ${fault}`]);
    const reapplied = { ...log, entries: [...log.entries, chainEntry(log.entries.at(-1)?.hash ?? "", REAPPLIED)] };
    expect(faultsOf({ ...reapplied, checkpoints: signAgain(lessOne) })).toEqual([]);
  });

  it("shows that it was rolled back, by a checkpoint that was kept elsewhere", () => {
    const older = { entries: log.entries.slice(0, 5), checkpoints: log.checkpoints.slice(0, 2) };
    const kept = parseCheckpoint(toText(log));
    expect(kept.number).toBe(3);
    expect(faultsOf(older)).toEqual([]);
    expect(faultsOf(older, kept)).toEqual([expect.stringContaining("it was rolled back")]);
    expect(faultsOf(log, kept)).toEqual([]);
    expect(faultsOf(log, parseCheckpoint(JSON.stringify(older.checkpoints[0])))).toEqual([]);
    const other = sampleLog(SIGNER, SAMPLE_STEPS.with(4, { kind: "decision", body: { decision: "reject" } }));
    expect(faultsOf(other)).toEqual([]);
    expect(faultsOf(other, kept)).toEqual([expect.stringContaining("it was written anew")]);
    expect(faultsOf(log, { ...kept, createdAt: "2030-01-01T00:00:00.000Z" })).not.toEqual([]);
    expect(() => parseCheckpoint("{}")).toThrow(InvalidInputError);
  });

  it("stays checkable when the signing key was changed, with the public keys of both", () => {
    const text = createSigningKey();
    const rotated = rotateSigningKeys(text);
    const [before, after] = [parseSigningKeys(text), parseSigningKeys(rotated)];
    expect(after.keyId).not.toBe(before.keyId);
    expect(rotated.match(/PRIVATE KEY/g)).toHaveLength(2);
    const first = sampleLog(before);
    const last = sampleLog(after, [...SAMPLE_STEPS, { kind: "decision", body: {} }, "sign"]);
    const both = {
      entries: last.entries,
      checkpoints: signAgain([...first.checkpoints, ...last.checkpoints.slice(3)], after, 3),
    };
    const check = (keys: readonly string[]) =>
      checkReceiptText(toText(both), { verifySignature: parsePublicKeys(keys.join("")) });
    expect(check(after.publicKeys).faults).toEqual([]);
    expect(check(before.publicKeys).faults).toEqual([expect.stringContaining("checkpoint 4: its signature")]);
  });

  it("names what is no entry by its line, and is refused when it holds none", () => {
    expect(checkReceiptText(`${toText(log)}\n{"sequence":8,`).faults).toEqual([
      "line 12 of the file is neither an entry of the log nor a receipt",
    ]);
    for (const text of ["", "\n \n", "[]"]) expect(() => checkReceiptText(text)).toThrow(InvalidInputError);
  });

  it("gives an answer for any text, and never takes it for a log", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          expect(checkReceiptText(text).faults.length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidInputError);
        }
      }),
    );
  });
});

describe("a receipt alone", () => {
  const log = sampleLog(SIGNER);
  const [, , , , entry] = log.entries;
  if (entry === undefined) throw new Error("the sample log is too short");
  const { kind: _kind, ...shown } = entry;
  // The third checkpoint, two entries further on, covers it as well as the second.
  const [, second = null, third = null] = log.checkpoints;
  const receipts = [
    { ...shown, checkpoint: second, links: [], reapplied: [] },
    { ...shown, checkpoint: third, links: log.entries.slice(5).map(hashContent), reapplied: [] },
  ];

  it("is held against its hash and leads to the checkpoint that is signed", () => {
    for (const receipt of receipts) {
      expect(checkReceiptText(JSON.stringify(receipt, null, 2), { verifySignature })).toMatchObject({
        ...{ receipts: 1, faults: [], unsigned: 0, isPiece: true },
      });
      const [fault] = checkReceiptText(JSON.stringify(receipt), {
        verifySignature: parsePublicKeys(STRANGER.publicKeys.join("")),
      }).faults;
      expect(fault).toContain("receipt 5: its checkpoint's signature is not that of a key that is given");
    }
    expect(checkReceiptText(JSON.stringify(sampleReceipt()))).toMatchObject({ faults: [], unsigned: 1 });
  });

  it("shows in which any value was changed", () => {
    for (const receipt of receipts) {
      const paths = valuePaths(receipt);
      expect(paths.length).toBeGreaterThan(35);
      for (const path of paths) {
        const tampered = changed(receipt, path) as Receipt;
        expect(checkReceiptText(JSON.stringify(tampered), { verifySignature }).faults, path.join("/")).not.toEqual([]);
      }
    }
  });
});

/** Signs checkpoints anew from one on, as the holder of the key would; each names the one before it. */
function signAgain(checkpoints: readonly Checkpoint[], signer: Signer = SIGNER, from = 0): Checkpoint[] {
  const signed: Checkpoint[] = [];
  for (const [index, checkpoint] of checkpoints.entries()) {
    const { logSize, headHash, suppressions, decisions, createdAt } = checkpoint;
    const facts = { logSize, headHash, suppressions, decisions, createdAt };
    signed.push(index < from ? checkpoint : signCheckpoint(signed.at(-1), facts, signer));
  }
  return signed;
}

function newestOf({ checkpoints }: SampleLog): Checkpoint {
  const newest = checkpoints.at(-1);
  if (newest === undefined) throw new Error("the sample log has no checkpoint");
  return newest;
}

type Path = readonly (string | number)[];

function valuePaths(value: unknown, path: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) => valuePaths(inner, [...path, key]));
}

/** Returns a copy in which the value at the path is another one of its kind. */
function changed(value: unknown, path: Path): unknown {
  const [key, ...rest] = path;
  if (key === undefined) {
    if (typeof value === "number") return value + 1;
    if (typeof value === "boolean") return !value;
    if (value === "") return "7";
    return String(value).replace(/[0-9a-z](?=[^0-9a-z]*$)/i, (last) => (last === "7" ? "8" : "7"));
  }
  const copy: unknown = structuredClone(value);
  if (typeof copy === "object" && copy !== null) Reflect.set(copy, key, changed(Reflect.get(copy, key), rest));
  return copy;
}
