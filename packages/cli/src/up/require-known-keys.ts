import { existsSync } from "node:fs";
import { ConfigurationError } from "@lethe/contracts/errors";
import type { Environment } from "@lethe/service-kit/settings";
import { readKeysInUse } from "@lethe/warehouse/keys-in-use";
import type { Queryable } from "@lethe/warehouse/pool";
import { readKeyring } from "../privacy-keys.js";
import { ownKeyFile } from "./privacy-key-file.js";

/** Where the privacy keys of an installation are. */
export interface PrivacyKeyPlace {
  /** Names the keys, or the data folder that may hold them. */
  readonly environment: Environment;
  /** Whether the environment names keys, so that the data folder's own are not used. */
  readonly isGiven: boolean;
  readonly dataFolder: string;
}

/**
 * Requires the privacy keys that the database was used with, before a new one is made: without them, people on the suppression list and
 * deliveries would not be recognised. Throws ConfigurationError, which names the keys that are missing by their ids.
 */
export async function requireKnownKeys(db: Queryable, place: PrivacyKeyPlace): Promise<void> {
  const { ids, hasDeliveries } = await readKeysInUse(db);
  const hasKeys = place.isGiven || existsSync(ownKeyFile(place.dataFolder));
  const held = hasKeys ? readKeyring(place.environment).all : [];
  const missing = ids.filter((id) => !held.some((key) => key.id === id));
  if (missing.length === 0 && (hasKeys || !hasDeliveries)) return;
  const named = missing.length === 0 ? "" : ` (${missing.join(", ")})`;
  const where = place.isGiven ? "LETHE_PRIVACY_KEY does not hold" : `DATA_DIR, ${place.dataFolder}, does not hold`;
  throw new ConfigurationError(
    `the database at DATABASE_URL was used with another privacy key${named}, which ${where}: copy privacy.key and signing.key ` +
      "from the former DATA_DIR, or name them in LETHE_PRIVACY_KEY_FILE and LETHE_SIGNING_KEY_FILE",
  );
}
