import { pseudonym } from "@lethe/privacy/privacy-key";
import { describe, expect, it } from "vitest";
import { accept, KEY } from "../../test/accept.js";
import { datasets, ERASURE_REQUEST } from "../../test/records.js";
import { keepKnown } from "../record-shape.js";

const requests = datasets.get("erasure-requests");

describe("an erasure request", () => {
  it.each([
    ["/customer-id", { "customer-id": "13000" }],
    ["/customer-id", { "customer-id": 13_000 }],
    ["/customer-id", { "customer-id": null }],
    ["/email", { email: "jane" }],
    ["/email", { email: null }],
    ["/reason", { reason: "privacy" }],
  ])("does not fit where %s is wrong", (pointer, changes) => {
    expect(requests.check({ ...ERASURE_REQUEST, ...changes })).toMatchObject({ reason: "schema", pointer });
  });

  it("is staged with what finds its customer, and kept under a pseudonym without the email", () => {
    expect(requests.check(ERASURE_REQUEST)).toBeUndefined();
    const { rows, result } = accept(requests, { ...ERASURE_REQUEST, email: " Jane@Example.ORG " });
    expect(rows[0]).toEqual([
      {
        ordinal: "4",
        file_id: "7",
        requested_at: "2020-01-31T05:00:00Z",
        customer_id: "013000",
        email: "jane@example.org",
      },
    ]);
    expect(result).toEqual({ processed: { "customer-id": pseudonym(KEY, "013000") } });
  });

  it("is the same request with its email in another case, and another one for another email", () => {
    const identity = requests.identityOf(ERASURE_REQUEST);
    expect(requests.identityOf({ ...ERASURE_REQUEST, email: ` ${ERASURE_REQUEST.email.toUpperCase()} ` })).toBe(
      identity,
    );
    expect(requests.identityOf({ ...ERASURE_REQUEST, email: "john@example.org" })).not.toBe(identity);
    expect(requests.identityOf({ ...ERASURE_REQUEST, "customer-id": "130000" })).not.toBe(identity);
  });

  it("fits without the fields that nobody named, and drops them", () => {
    const record = { ...ERASURE_REQUEST, reason: "privacy" };
    expect(requests.check(keepKnown(requests.shape, record))).toBeUndefined();
    expect(accept(requests, record)).toEqual(accept(requests, ERASURE_REQUEST));
  });
});
