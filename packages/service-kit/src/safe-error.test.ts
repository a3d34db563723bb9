import { StagedObjectError, TransientError } from "@lethe/contracts/errors";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { safeError } from "./safe-error.js";

const MARKER = "MARKx7 Jane Doe";

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

/** An error as `pg` throws it: a plain Error with the server's fields. */
function databaseError(fields: Record<string, string>): Error {
  return Object.assign(new Error(`invalid input syntax for type date: "${MARKER}"`), {
    severity: "ERROR",
    detail: `Key (email)=(${MARKER}) already exists.`,
    where: `COPY stage_customers, line 1: "${MARKER}"`,
    hint: MARKER,
    internalQuery: MARKER,
    ...fields,
  });
}

describe("safeError", () => {
  it.each([
    ["ENOTDIR", { path: "/d/processed_data/date=2020-01-06/Jane.tmp" }, "processed_data/date=2020-01-06, in DATA_DIR,"],
    [
      "ENOTDIR",
      { path: "/d/staging/x", dest: "/d/landing/date=2020-01-06/hour=01/Jane/x" },
      "landing/date=2020-01-06/hour=01, in",
    ],
    [
      "EACCES",
      { path: "/d/archived_data/Jane Doe/date=2020-01-06" },
      "something in archived_data, in DATA_DIR, may not",
    ],
    ["EACCES", { path: "/home/Jane" }, "a file or folder of DATA_DIR may not"],
    ["EACCES", { path: "/d/staging/x", dest: "/d/landing/x" }, "a file or folder of DATA_DIR may not"],
  ])("names the partition of a file that fails with %s, %j, and not the file", (code, paths, begin) => {
    const { message } = safeError(Object.assign(new Error(MARKER), { code, syscall: "open", ...paths }));
    expect(message.slice(0, begin.length)).toBe(begin);
    expect(message).not.toContain("Jane");
    if (code === "ENOTDIR") expect(message).toContain("is a file and must be a folder: move the file away");
  });

  it.each([
    ["ENOSPC", "write", "folder_full", "free space"],
    ["EDQUOT", "write", "folder_full", "quota"],
    ["EROFS", "open", "folder_read_only", "mounted read-only"],
    ["EACCES", "mkdir", "folder_forbidden", "chown"],
    ["EPERM", "rename", "folder_forbidden", "chown"],
    ["EMFILE", "open", "too_many_open_files", "ulimit -n"],
    ["EIO", "read", "folder_broken", "see whether its disk"],
  ])("says in a sentence what %s of the file system means, and shows no path", (code, syscall, kind, remedy) => {
    const error = Object.assign(new Error(`${code}: no, ${syscall} '/data/${MARKER}'`), { code, syscall, errno: -1 });
    const safe = safeError(error);
    expect(safe).toMatchObject({ code: kind, retryable: true });
    expect(safe.message).toContain(remedy);
    expect(JSON.stringify(safe)).not.toContain(MARKER);
  });

  it("takes no error of the network for one of the file system", () => {
    const error = Object.assign(new Error("connect EACCES"), { code: "EACCES", syscall: "connect", errno: -13 });
    expect(safeError(error).code).toBe("unexpected");
  });

  it("says in a sentence what Redis refuses, and shows no key", () => {
    const error = Object.assign(new Error(`READONLY ${MARKER}`), { name: "ReplyError" });
    const safe = safeError(error);
    expect(safe).toMatchObject({ code: "redis_read_only", retryable: true });
    expect(JSON.stringify(safe)).not.toContain(MARKER);
  });

  it("keeps what Lethe says itself, and whether to try again", () => {
    const cause = new Error(MARKER);
    expect(safeError(new StagedObjectError("rows are not whole", { cause }))).toMatchObject({
      code: "staged_object_damaged",
      message: "rows are not whole",
      retryable: false,
    });
    expect(safeError(new TransientError("the connection was lost"))).toMatchObject({
      code: "transient",
      retryable: true,
    });
  });

  it("says of a database error its SQLSTATE and the place in the schema, and no value", () => {
    const safe = safeError(
      databaseError({ code: "23505", table: "customers", column: "email", constraint: "customers_pkey" }),
    );
    expect(safe).toMatchObject({
      code: "database_error",
      message: "PostgreSQL answered 23505 table customers column email constraint customers_pkey",
      retryable: true,
    });
    expect(JSON.stringify(safe)).not.toContain(MARKER);
  });

  it("says of another error its kind, its code and where it was thrown", () => {
    const safe = safeError(Object.assign(new TypeError(MARKER), { code: "ECONNREFUSED" }));
    expect(safe.code).toBe("unexpected");
    expect(safe.message).toMatch(/^unexpected TypeError ECONNREFUSED at .*safe-error\.test\.ts:\d+:\d+\)?$/);
    expect(safe.frames.length).toBeGreaterThan(0);
  });

  it.each<[string, () => unknown]>([
    ["JSON.parse", () => thrownBy(() => JSON.parse(`{"name": ${MARKER}}`))],
    ["an error within an error", () => new Error(MARKER, { cause: new AggregateError([new Error(MARKER)], MARKER) })],
    ["a text that was thrown", () => MARKER],
    ["an object that was thrown", () => ({ message: MARKER, code: MARKER, detail: MARKER })],
    ["an object that looks like what is safe", () => ({ frames: [MARKER], message: MARKER })],
    ["a record", () => ({ frames: 7, email: MARKER })],
    [
      "a message whose lines look like frames",
      () => new Error(`a\n    at ${MARKER} (/high/street:1:2)\n    at ${MARKER}`),
    ],
    ["a message that was put in later", () => Object.assign(new Error(`\n    at ${MARKER}`), { message: "" })],
    ["a name that is none", () => Object.assign(new Error("x"), { name: MARKER })],
    ["a code that is none", () => Object.assign(new Error("x"), { code: MARKER })],
    ["a database error with odd places", () => databaseError({ code: MARKER, table: MARKER, column: MARKER })],
    ["nothing", () => undefined],
  ])("lets nothing through of %s", (_what, make) => {
    const safe = safeError(make());
    expect(JSON.stringify(safe)).not.toContain(MARKER);
    expect(safe).toMatchObject({ code: expect.stringMatching(/^(unexpected|database_error)$/), retryable: true });
  });

  it("lets nothing through of any message", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => {
        const safe = safeError(new RangeError(`${before}${MARKER}\n    at ${MARKER}${after}`));
        expect(JSON.stringify(safe)).not.toContain(MARKER);
        expect(safe.frames[0]).toMatch(/safe-error\.test\.ts/);
      }),
    );
  });

  it("passes on what it has stripped before: a logger may meet it", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(new Error(MARKER), new StagedObjectError("not whole"), databaseError({ code: "23505" })),
        (error) => {
          const once = safeError(error);
          expect(safeError(once)).toEqual(once);
        },
      ),
    );
  });
});
