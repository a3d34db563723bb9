import { Writable } from "node:stream";
import { StagedObjectError } from "@lethe/contracts/errors";
import { describe, expect, it } from "vitest";
import { createLogger, type Logger } from "./logger.js";

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
      log.error({ err: foreign });
      log.error({ error: foreign });
      log.error({ err: foreign }, foreign.message);
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
