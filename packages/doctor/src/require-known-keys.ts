import { ConfigurationError } from "@lethe/contracts/errors";
import { readKeysInUse } from "@lethe/warehouse/keys-in-use";
import type { Queryable } from "@lethe/warehouse/pool";
import type { PrivacyKeySource } from "./doctor-settings.js";

/**
 * Requires the privacy keys that the database was used with, before a new one is made: without them, people on the suppression list and
 * deliveries would not be recognised. Throws ConfigurationError, which names the keys that are missing by their ids.
 */
export async function requireKnownKeys(db: Queryable, keys: PrivacyKeySource, dataFolder: string): Promise<void> {
  const { ids, hasDeliveries } = await readKeysInUse(db);
  const hasKeys = keys.areThere();
  const held = hasKeys ? keys.read().all : [];
  const missing = ids.filter((id) => !held.some((key) => key.id === id));
  if (missing.length === 0 && (hasKeys || !hasDeliveries)) return;
  const named = missing.length === 0 ? "" : ` (${missing.join(", ")})`;
  const where = keys.isGiven ? "LETHE_PRIVACY_KEY does not hold" : `DATA_DIR, ${dataFolder}, does not hold`;
  throw new ConfigurationError(
    `the database at DATABASE_URL was used with another privacy key${named}, which ${where}: copy privacy.key and signing.key ` +
      "from the former DATA_DIR, or name them in LETHE_PRIVACY_KEY_FILE and LETHE_SIGNING_KEY_FILE",
  );
}
