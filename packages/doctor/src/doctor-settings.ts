import type { Keyring } from "@lethe/privacy/privacy-key";
import type { RedisAccess } from "@lethe/service-kit/redis-address";

/** Where the queues are. */
export interface RedisPlace {
  readonly redis: RedisAccess;
  /** First part of every Redis key. */
  readonly queuePrefix: string;
}

/**
 * An installation's settings, as whoever asks the doctor knows them. What is asked for may throw ConfigurationError, which becomes a
 * finding. Checks that need a setting which is undefined are left out, and named.
 */
export interface DoctorSettings {
  /** DATA_DIR, absolute. */
  readonly dataFolder: string;
  /** Whether the jobs' schedules are to fire. */
  readonly schedulesOn: boolean;
  databaseUrl(): Promise<string>;
  /** Undefined where nobody names a Redis. */
  redis(): Promise<RedisPlace | undefined>;
  /** Reads the masking policy. */
  readonly policy: (() => unknown) | undefined;
  readonly privacyKeys: PrivacyKeySource | undefined;
  /** Reads the keys that sign receipts. */
  readonly signingKeys: (() => unknown) | undefined;
}

/** Where the privacy keys come from. */
export interface PrivacyKeySource {
  /** Whether the settings name them, so that the data folder's own are not used. */
  readonly isGiven: boolean;
  /** Reports whether there are any: the data folder has its own from the first start on. */
  areThere(): boolean;
  read(): Keyring;
}
