import { randomUUID } from "node:crypto";
import type { PrivacyKey } from "@lethe/privacy/privacy-key";
import { writeErasedRecords } from "@lethe/warehouse/erasures/erased-records";
import type { Client } from "@lethe/warehouse/pool";

/** The records of an erasure that count once: by what each is known again, and what takes the place of its id. */
export interface ErasedRecords {
  /** Notes a record that stays under a random id, which is the same whenever the record is met. Returns that id. */
  replace(recordHash: Buffer, key: PrivacyKey, erasureId: string): string;
  /** Notes a record that stays under no id. */
  forget(recordHash: Buffer, key: PrivacyKey): void;
  /** Keeps what was noted. */
  write(client: Client): Promise<void>;
}

/** Creates an empty list. */
export function createErasedRecords(): ErasedRecords {
  const records = new Map<string, { keyId: string; replacement: string | null; erasureId: string | null }>();
  return {
    replace(recordHash, key, erasureId) {
      const hash = recordHash.toString("hex");
      const replacement = records.get(hash)?.replacement ?? randomUUID();
      records.set(hash, { keyId: key.id, replacement, erasureId });
      return replacement;
    },
    forget(recordHash, key) {
      const hash = recordHash.toString("hex");
      if (!records.has(hash)) records.set(hash, { keyId: key.id, replacement: null, erasureId: null });
    },
    write: (client) =>
      writeErasedRecords(
        client,
        [...records].map(([hash, record]) => ({ hash, ...record })),
      ),
  };
}
