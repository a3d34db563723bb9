import type { Finding } from "@lethe/contracts/diagnosis";
import type { Datasets } from "@lethe/datasets/create-datasets";
import type { Queues } from "@lethe/service-kit/queues";
import type { connectRedis } from "@lethe/service-kit/redis";
import type { DataFolder } from "@lethe/storage/data-folder";
import type { Pool } from "@lethe/warehouse/pool";
import type { DoctorSettings } from "./doctor-settings.js";

type Settings = { readonly [N in "policy" | "privacyKeys" | "signingKeys"]: NonNullable<DoctorSettings[N]> };

/** What a check may work with: servers, which are not there where they do not answer, and settings that not everybody has. */
export interface Resources extends Settings {
  /** A migrated database. */
  readonly ledger: Pool;
  /** A database, with Lethe's tables or without. */
  readonly database: Pool;
  readonly redis: ReturnType<typeof connectRedis>;
  /** Opened to be read alone. */
  readonly queues: Queues;
}

/** What every check knows. */
export interface Patient {
  readonly schedulesOn: boolean;
  readonly datasets: Datasets;
  readonly folder: DataFolder;
  readonly databaseUrl: string | undefined;
}

/** Something that the doctor looks at. A check never changes anything. */
export interface Check {
  readonly name: string;
  /** What is asked, for people. */
  readonly question: string;
  /** Resources without which it is left out. */
  readonly needs: readonly (keyof Resources)[];
  /** Whether `npm start` asks, too. */
  readonly isQuick: boolean;
  find(resources: Resources, patient: Patient): Promise<readonly Finding[]>;
}

/** A check that may use what it names, and nothing else of the resources. */
interface CheckOf<N extends keyof Resources> {
  readonly name: string;
  readonly question: string;
  readonly needs: readonly N[];
  readonly isQuick?: boolean;
  find(resources: Pick<Resources, N>, patient: Patient): Promise<readonly Finding[]>;
}

/** Defines a check; one that uses a resource without naming it does not compile. */
export function defineCheck<const N extends keyof Resources>({ isQuick = false, ...check }: CheckOf<N>): Check {
  return { ...check, isQuick };
}
