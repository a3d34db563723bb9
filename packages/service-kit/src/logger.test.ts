import { Writable } from "node:stream";
import { StagedObjectError } from "@lethe/contracts/errors";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createLogger, endLog, type Logger } from "./logger.js";

const PERSONAL_NAMES = [
  ...["first_name", "last_name", "date_of_birth", "email", "phone_number", "phone_e164", "address", "city", "postcode"],
  ...["delivery_address", "customer_id", "customer-id"],
];
const MARKER = "MARKx7 Jane Doe";

/** Returns the lines that are logged, parsed. */
function logged(work: (log: Logger) => void): Record<string, unknown>[] {
  let text = "";
  const destination = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  work(createLogger("loader", "debug", PERSONAL_NAMES, destination));
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

describe("the logger", () => {
  it("writes one JSON object a line, with the service and the time", () => {
    const [line] = logged((log) => log.info({ runId: "r", rows: 7 }, "loaded"));
    expect(line).toMatchObject({ service: "loader", level: 30, runId: "r", rows: 7, msg: "loaded" });
    expect(line?.time).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  });

  it("redacts fields of the input down to the third level, and secrets", () => {
    const personal = {
      first_name: MARKER,
      last_name: MARKER,
      date_of_birth: MARKER,
      email: MARKER,
      phone_number: MARKER,
      phone_e164: MARKER,
      address: MARKER,
      city: MARKER,
      postcode: MARKER,
      customer_id: MARKER,
      "customer-id": MARKER,
      delivery_address: { country: MARKER },
      payload: MARKER,
      password: MARKER,
      token: MARKER,
      authorization: MARKER,
      databaseUrl: MARKER,
    };
    const lines = logged((log) => {
      log.info(personal, "first level");
      log.info({ record: personal }, "second level");
      log.info({ batch: { record: personal } }, "third level");
      log.info({ req: { headers: { authorization: MARKER, cookie: MARKER } } }, "request");
      log.child(personal).info("of a child");
    });
    expect(lines).toHaveLength(5);
    expect(JSON.stringify(lines)).not.toContain(MARKER);
    expect(lines[0]).toMatchObject({ email: "[Redacted]", msg: "first level" });
  });

  it("strips errors, whichever way they are given", () => {
    const foreign = new Error(MARKER, { cause: new Error(MARKER) });
    const lines = logged((log) => {
      log.error(foreign);
      log.error(foreign, "with a message");
      log.error({ err: foreign, given: "alone" });
      log.error({ error: foreign, given: "as an error" });
      log.error({ err: foreign, given: "its own message" }, foreign.message);
      log.child({ job: "load" }).warn({ error: foreign }, "of a child");
    });
    expect(lines).toHaveLength(6);
    expect(JSON.stringify(lines)).not.toContain(MARKER);
    expect(lines[1]).toMatchObject({ msg: "with a message", err: { code: "unexpected", retryable: true } });
    expect(lines[3]).toMatchObject({ error: { code: "unexpected" } });
  });

  it("keeps what Lethe's own errors say", () => {
    const [line] = logged((log) => log.error({ error: new StagedObjectError("rows are not whole") }, "job failed"));
    expect(line).toMatchObject({
      msg: "job failed",
      error: { code: "staged_object_damaged", message: "rows are not whole" },
    });
  });
});

describe("what repeats", () => {
  const HALF_A_MINUTE = 30_000;
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** Returns a logger and, at any time, the lines of it that have come since it was last asked. */
  function open() {
    const written: string[] = [];
    const log = createLogger("loader", "debug", PERSONAL_NAMES, { write: (line) => void written.push(line) });
    return { log, lines: () => written.splice(0).map((line) => JSON.parse(line) as Record<string, unknown>) };
  }

  it("is printed once, then every half a minute with a count, and at its end, however it alternates", () => {
    const { log, lines } = open();
    const away = Object.assign(new Error("connect"), { code: "ECONNREFUSED", syscall: "connect" });
    for (let second = 0; second < 60; second++) {
      for (let i = 0; i < 100; i++) {
        log.child({ job: "load" }).warn({ error: away }, "queue connection");
        log.child({ job: "load" }).warn({ error: new StagedObjectError(`slot ${i} moved`) }, "queue connection");
      }
      vi.advanceTimersByTime(1_000);
    }
    const said = lines();
    expect(said).toHaveLength(6);
    expect(said[0]).not.toHaveProperty("repeated");
    expect(said[2]).toMatchObject({ level: 40, job: "load", msg: "queue connection", error: { code: "unexpected" } });
    expect(said.slice(2).reduce((sum, { repeated }) => sum + Number(repeated), 2)).toBe(12_000);
    vi.advanceTimersByTime(2 * HALF_A_MINUTE);
    expect(lines()).toMatchObject([
      { level: 30, msg: "no longer: queue connection", repeated: 6_000 },
      { level: 30, msg: "no longer: queue connection", repeated: 6_000 },
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("leaves what differs, and lines that are no warnings, as they are", () => {
    const { log, lines } = open();
    for (const runId of ["a", "b", "a"]) log.warn({ runId }, "job failed");
    for (let i = 0; i < 3; i++) log.info("request");
    expect(lines().map(({ msg, runId }) => `${msg} ${runId}`)).toEqual([
      ...["job failed a", "job failed b"],
      ...["request undefined", "request undefined", "request undefined"],
    ]);
  });

  it("is bounded where every line differs", () => {
    const { log, lines } = open();
    for (let i = 0; i < 100_000; i++) log.warn({ ms: i }, "slow");
    expect(lines()).toHaveLength(51);
    endLog(log);
    expect(lines()).toMatchObject([{ msg: "slow", repeated: 99_949, ms: 99_999 }]);
  });
});
