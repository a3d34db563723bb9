import { CHECKS_SETTINGS } from "@lethe/service-kit/checks-settings";
import { SEARCH_SETTINGS } from "@lethe/service-kit/search-settings";
import { COMMON_SETTINGS, PRIVACY_SETTINGS, SIGNING_SETTINGS, STAGING_SETTINGS } from "@lethe/service-kit/settings";
import { UNPACK_SETTINGS } from "@lethe/service-kit/unpack-settings";
import Type, { type Static } from "typebox";

export const DEFAULT_LOADS_AT_ONCE = 2;

export const LoaderSettings = Type.Object({
  ...COMMON_SETTINGS,
  ...STAGING_SETTINGS,
  ...UNPACK_SETTINGS,
  ...SEARCH_SETTINGS,
  ...PRIVACY_SETTINGS,
  ...SIGNING_SETTINGS,
  ...CHECKS_SETTINGS,
  LETHE_LOADS_AT_ONCE: Type.Integer({
    default: DEFAULT_LOADS_AT_ONCE,
    minimum: 1,
    maximum: 64,
    description: "Loads that run side by side; one of transactions takes up to four batches that wait",
  }),
});
export type LoaderSettings = Static<typeof LoaderSettings>;
