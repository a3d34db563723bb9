import { createRequire } from "node:module";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toCountryCode } from "./country.js";

const countries: readonly {
  readonly cca2: string;
  readonly cca3: string;
  readonly name: { readonly common: string; readonly official: string };
}[] = createRequire(import.meta.url)("world-countries/countries.json");

describe("toCountryCode", () => {
  it.each([
    ["United Kingdom", "GB"],
    ["united kingdom", "GB"],
    ["United Kingdom of Great Britain and Northern Ireland", "GB"],
    ["UK", "GB"],
    ["U.K.", "GB"],
    ["the u. k.", "GB"],
    ["Great Britain", "GB"],
    ["England", "GB"],
    ["Scotland", "GB"],
    ["Wales", "GB"],
    ["Northern Ireland", "GB"],
    ["Ireland", "IE"],
    ["Republic of Ireland", "IE"],
    ["Éire", "IE"],
    ["Croatia", "HR"],
    ["Hrvatska", "HR"],
    ["HRV", "HR"],
    ["hr", "HR"],
    ["DE", "DE"],
    ["Deutschland", "DE"],
    ["Federal Republic of Germany", "DE"],
    ["Bundesrepublik Deutschland", "DE"],
    ["España", "ES"],
    ["Espana", "ES"],
    ["Österreich", "AT"],
    ["Großbritannien", "GB"],
    ["Ελλάδα", "GR"],
    ["Россия", "RU"],
    ["Magyarország", "HU"],
    ["Polska", "PL"],
    ["Sverige", "SE"],
    ["Danmark", "DK"],
    ["U.S.A.", "US"],
    ["usa", "US"],
    ["The United States of America", "US"],
    ["America", "US"],
    ["Holland", "NL"],
    ["The Netherlands", "NL"],
    ["Czech Republic", "CZ"],
    ["Türkiye", "TR"],
    ["Turkey", "TR"],
    ["South Korea", "KR"],
    ["Korea, Republic of", "KR"],
    ["Korea (Democratic People's Republic of)", "KP"],
    ["Russia", "RU"],
    ["Russian Federation", "RU"],
    ["Ivory Coast", "CI"],
    ["Côte d’Ivoire", "CI"],
    ["Cote D'Ivoire", "CI"],
    ["Viet Nam", "VN"],
    ["Vietnam", "VN"],
    ["Bosnia", "BA"],
    ["Bosnia & Herzegovina", "BA"],
    ["Bosnia-Herzegovina", "BA"],
    ["Macedonia", "MK"],
    ["Moldova", "MD"],
    ["Laos", "LA"],
    ["Syria", "SY"],
    ["Brunei", "BN"],
    ["Iran", "IR"],
    ["Tanzania", "TZ"],
    ["Georgia", "GE"],
    ["Guinea", "GN"],
    ["Guinea-Bissau", "GW"],
    ["Equatorial Guinea", "GQ"],
    ["Papua New Guinea", "PG"],
    ["Niger", "NE"],
    ["Nigeria", "NG"],
    ["Dominica", "DM"],
    ["Dominican Republic", "DO"],
    ["Jersey", "JE"],
    ["St. Lucia", "LC"],
    ["Saint Vincent and the Grenadines", "VC"],
    ["Kosovo", "XK"],
    ["DR Congo", "CD"],
    ["Congo-Brazzaville", "CG"],
    ["Hong Kong", "HK"],
    ["UAE", "AE"],
    ["Atlantis", null],
    ["Congo", null],
    ["Korea", null],
    ["Mỹ", null],
    ["EU", null],
    ["Europe", null],
    ["London", null],
    ["n/a", null],
    ["N.A.", null],
    ["-", null],
    ["?", null],
    ["ZZ", null],
    ["", null],
  ])("gives the code of %j", (name, code) => {
    expect(toCountryCode(name)).toBe(code);
  });

  it("knows every country by its two codes, its name and its official name, in any case", () => {
    // Two countries are called so.
    const clear = countries.filter(({ name }) => name.official !== "Virgin Islands");
    expect(clear).toHaveLength(countries.length - 1);
    const wrong = clear.flatMap(({ cca2, cca3, name }) =>
      [
        cca2,
        cca3.toLowerCase(),
        name.common,
        name.official,
        name.common.toUpperCase(),
        ` ${name.official.toLowerCase()} `,
      ]
        .map((text) => [text, cca2, toCountryCode(text)])
        .filter(([, code, found]) => code !== found),
    );
    expect(wrong).toEqual([]);
  });

  it("gives a code of two letters or null for any text, and the same one when asked again", () => {
    const inherited = fc.constantFrom("constructor", "__proto__", "hasOwnProperty", "toString");
    fc.assert(
      fc.property(fc.oneof(inherited, fc.string(), fc.string({ unit: "grapheme" })), (name) => {
        const code = toCountryCode(name);
        if (code !== null) expect(code).toMatch(/^[A-Z]{2}$/);
        expect(toCountryCode(name)).toBe(code);
      }),
    );
    expect(toCountryCode("constructor")).toBeNull();
    expect(toCountryCode("__proto__")).toBeNull();
    expect(toCountryCode(null)).toBeNull();
  });
});
