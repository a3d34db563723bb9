import { toCountryCode } from "../cleaning/country.js";
import { toE164 } from "../cleaning/phone.js";
import { cleanAddress, cleanEmail, cleanPostcode, cleanText } from "../cleaning/text.js";
import { parseDay } from "../cleaning/timestamp.js";
import type { RawCustomer } from "./schema.js";

/** A customer as the input has it or as masking has left it: any field may be gone. */
export type MaskableCustomer = { readonly [F in keyof RawCustomer]?: RawCustomer[F] | null };

export interface CleanCustomer {
  readonly id: string | null;
  readonly first_name: string | null;
  readonly last_name: string | null;
  readonly date_of_birth: string | null;
  readonly email: string | null;
  readonly phone_number: string | null;
  readonly phone_e164: string | null;
  readonly address: string | null;
  readonly city: string | null;
  readonly country: string | null;
  readonly country_code: string | null;
  readonly postcode: string | null;
  readonly last_change: string | null;
  readonly segment: string | null;
}

/** Cleans a customer's fields and adds what follows from them. Dates must have been checked. */
export function cleanCustomer(raw: MaskableCustomer): CleanCustomer {
  const country = cleanText(raw.country ?? null);
  const countryCode = toCountryCode(country);
  const phone = cleanText(raw.phone_number ?? null);
  return {
    id: raw.id ?? null,
    first_name: cleanText(raw.first_name ?? null),
    last_name: cleanText(raw.last_name ?? null),
    date_of_birth: cleanDay(raw.date_of_birth ?? null),
    email: cleanEmail(raw.email ?? null),
    phone_number: phone,
    phone_e164: toE164(phone, countryCode),
    address: cleanAddress(raw.address ?? null),
    city: cleanText(raw.city ?? null),
    country,
    country_code: countryCode,
    postcode: cleanPostcode(raw.postcode ?? null),
    last_change: cleanDay(raw.last_change ?? null),
    segment: cleanText(raw.segment ?? null),
  };
}

function cleanDay(text: string | null): string | null {
  const parsed = text === null ? undefined : parseDay(text);
  return parsed !== undefined && "day" in parsed ? parsed.day : null;
}
