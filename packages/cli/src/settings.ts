import { SEARCH_SETTINGS } from "@lethe/service-kit/search-settings";
import {
  API_ADDRESS_SETTINGS,
  API_TOKEN_SETTINGS,
  COMMON_SETTINGS,
  DECISION_SETTINGS,
  PRIVACY_SETTINGS,
  REDIS_SETTINGS,
  SCHEDULE_SETTINGS,
  SIGNING_SETTINGS,
} from "@lethe/service-kit/settings";
import { UNPACK_SETTINGS } from "@lethe/service-kit/unpack-settings";
import Type from "typebox";

/** The settings of the command. Each subcommand reads those that it needs, so that a wrong one does not stop the others. */
export const CLI_SETTINGS = {
  // Where nobody names a server, the local stack has one.
  DATABASE_URL: Type.Optional(COMMON_SETTINGS.DATABASE_URL),
  ...REDIS_SETTINGS,
  REDIS_URL: Type.Optional(COMMON_SETTINGS.REDIS_URL),
  DATA_DIR: COMMON_SETTINGS.DATA_DIR,
  LETHE_FILES_GROUP_READABLE: COMMON_SETTINGS.LETHE_FILES_GROUP_READABLE,
  RAW_DATA_DIR: Type.String({
    default: "raw_data",
    description: "Folder of input that `lethe up` copies to landing; it stays as it is",
  }),
  LETHE_QUEUE_PREFIX: COMMON_SETTINGS.LETHE_QUEUE_PREFIX,
  LETHE_PRIVACY_KEY: Type.Optional(PRIVACY_SETTINGS.LETHE_PRIVACY_KEY),
  ...SIGNING_SETTINGS,
  LETHE_POLICY_FILE: PRIVACY_SETTINGS.LETHE_POLICY_FILE,
  LETHE_ERASURE_OUTCOME: PRIVACY_SETTINGS.LETHE_ERASURE_OUTCOME,
  ...UNPACK_SETTINGS,
  ...SEARCH_SETTINGS,
  ...API_ADDRESS_SETTINGS,
  ...API_TOKEN_SETTINGS,
  ...DECISION_SETTINGS,
  ...SCHEDULE_SETTINGS,
} as const;
