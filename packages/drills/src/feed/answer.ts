import type { DatasetName } from "@lethe/contracts/datasets";
import type { RejectReason } from "@lethe/contracts/reject-reasons";

/** A record's place in the input. */
export interface Place {
  readonly path: string;
  /** 1-based; null for the file as a whole. */
  readonly line: number | null;
}

export interface FileAnswer {
  readonly path: string;
  readonly dataset: DatasetName;
  /** Bytes as they lie on disk. */
  readonly bytes: Buffer;
  /** Records in it; 0 for one that goes to quarantine whole. */
  readonly records: number;
  readonly isUnreadable: boolean;
  /** Whether an erasure rewrites it, so that its bytes do not stay as they came. */
  readonly isRewritten: boolean;
}

export interface CustomerAnswer {
  readonly id: string;
  /** As cleaned; null once erased. */
  readonly email: string | null;
  /** Versions that are not the newest. */
  readonly history: number;
}

export interface TransactionAnswer {
  readonly id: string;
  /** The file that it is loaded from. */
  readonly path: string;
  /** Null where the customer is erased: a pseudonym stands there. */
  readonly customerId: string | null;
  readonly total: string;
  /** `sku quantity price total` by line. */
  readonly lines: readonly string[];
}

/** The outcome that a feed must have, whatever happens meanwhile. It is known by construction, not by running Lethe. */
export interface Answer {
  readonly files: readonly FileAnswer[];
  readonly customers: readonly CustomerAnswer[];
  /** Price by sku. */
  readonly products: ReadonlyMap<number, string>;
  readonly transactions: readonly TransactionAnswer[];
  /** Records that stay in quarantine, without those of `copies`. */
  readonly rejected: readonly { readonly place: Place; readonly reason: RejectReason }[];
  /** Places of the same record, in the order of the input. One is loaded, the others are duplicates. */
  readonly copies: readonly (readonly Place[])[];
  /** Whether all files of a dataset come in one run. Then which of records with one id is loaded does not depend on timing. */
  readonly isOneRun: boolean;
  /** Ids and emails of people who were erased. They must no longer be found anywhere. */
  readonly erased: readonly string[];
  /** Ids of all people, erased or not. */
  readonly people: readonly string[];
  /** Who of those who are erased has no request in the feed. */
  readonly erasedOtherwise: readonly { readonly customerId: string; readonly email: string }[];
  /** Records in readable files. */
  readonly records: number;
}
