import { describe, expect, it } from "vitest";
import { accept } from "../../test/accept.js";
import { CUSTOMER, datasets, MARKER } from "../../test/records.js";
import { keepKnown } from "../record-shape.js";

const customers = datasets.get("customers");

describe("a customer", () => {
  it("fits as the input has it, with the required fields alone, and with nulls elsewhere", () => {
    expect(customers.check(CUSTOMER)).toBeUndefined();
    const { id, first_name, last_name, email } = CUSTOMER;
    expect(customers.check({ id, first_name, last_name, email })).toBeUndefined();
    const optional = ["date_of_birth", "phone_number", "address", "city", "country", "postcode", "last_change"];
    for (const field of optional) expect(customers.check({ ...CUSTOMER, [field]: null })).toBeUndefined();
  });

  it.each([
    ["first_name", null],
    ["first_name", "  "],
    ["last_name", null],
    ["email", null],
    ["email", "jane"],
    ["email", "jane@a@b"],
    ["id", 13_000],
    ["id", "13000"],
    ["id", "0130000"],
    ["id", " 013000"],
    ["id", "013000\n"],
    ["date_of_birth", "1980-02-30"],
    ["date_of_birth", "17.05.1980"],
    ["date_of_birth", 1980],
    ["last_change", "2020-13-45"],
    ["phone_number", 808],
    ["address", { street: "1 High St" }],
    ["loyalty_points", 7],
  ])("does not fit with %s %j, which the rejection points at", (field, value) => {
    expect(customers.check({ ...CUSTOMER, [field]: value })).toMatchObject({
      reason: "schema",
      pointer: `/${field}`,
      missingKey: null,
    });
  });

  it.each(["id", "first_name", "last_name", "email"])("does not fit without %s", (field) => {
    const { [field]: _gone, ...rest } = { ...CUSTOMER } as Record<string, unknown>;
    expect(customers.check(rest)).toMatchObject({ pointer: `/${field}`, message: "the field is missing" });
  });

  it("fits without the fields that nobody named, and drops them", () => {
    const record = { ...CUSTOMER, loyalty_points: 7, nested: { deep: [MARKER] } };
    expect(customers.check(keepKnown(customers.shape, record))).toBeUndefined();
    expect(accept(customers, record)).toEqual(accept(customers, CUSTOMER));
  });

  it("keeps its id's leading zeros and gains phone and country in the standards' form", () => {
    const { rows, result } = accept(customers, CUSTOMER);
    expect(rows[0]?.[0]).toMatchObject({
      ordinal: "4",
      file_id: "7",
      source_partition: "2020-01-31T05:00:00Z",
      erased_at: "\\N",
      id: "013000",
      email: `${MARKER}@example.org`.toLowerCase(),
      phone_number: "+44(0)808 157 0808",
      phone_e164: "+448081570808",
      address: `${MARKER} street\\nFlat 2`,
      country: "United Kingdom",
      country_code: "GB",
      segment: "\\N",
    });
    expect(result).toMatchObject({ processed: { id: "013000", phone_e164: "+448081570808", segment: null } });
  });

  it("keeps a phone number of 22 characters that is none of its country", () => {
    const phone = "+99(0)808 157 0808 x12";
    expect(phone).toHaveLength(22);
    const { rows } = accept(customers, { ...CUSTOMER, phone_number: phone });
    expect(rows[0]?.[0]).toMatchObject({ phone_number: phone, phone_e164: "\\N" });
  });

  it("is known by id and by cleaned email, also when it does not fit", () => {
    expect(customers.subjectOf({ ...CUSTOMER, email: " Jane@Example.org " })).toEqual({
      customerId: "013000",
      email: "jane@example.org",
      name: "markx7jane first markx7jane last",
    });
    expect(customers.subjectOf({ id: " 013000\n" }).customerId).toBe("013000");
    expect(customers.subjectOf({ id: 13_000 }).customerId).toBe("013000");
    expect(customers.subjectOf({ id: [], email: 7 })).toEqual({ customerId: null, email: null, name: null });
    expect(customers.subjectOf("013000")).toEqual({ customerId: null, email: null, name: null });
  });

  it("may come again: several versions of one customer are welcome", () => {
    expect(customers.identityOf(CUSTOMER)).toBeNull();
  });

  it("is made of a CSV row, whose empty fields are null", () => {
    expect(customers.fromCsv({ id: "013000", date_of_birth: "", first_name: "Jane" })).toEqual({
      id: "013000",
      date_of_birth: null,
      first_name: "Jane",
    });
  });
});
