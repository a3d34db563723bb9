import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from "libphonenumber-js";

/**
 * Returns a phone number as E.164 (`+448081570808`, without extension), read as it would be dialled in the country.
 * Null where it is no valid number there: the text as it came stands beside it.
 */
export function toE164(phone: string | null, countryCode: string | null): string | null {
  if (phone === null) return null;
  const country: CountryCode | undefined =
    countryCode !== null && isSupportedCountry(countryCode) ? countryCode : undefined;
  const parsed = parsePhoneNumberFromString(phone, country === undefined ? undefined : { defaultCountry: country });
  return parsed?.isValid() === true ? parsed.number : null;
}
