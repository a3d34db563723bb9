import type { Random } from "@lethe/sample-data/random";
import type { Finding } from "./check/finding.js";
import type { Cluster } from "./cluster/cluster.js";

export interface HarmContext {
  readonly cluster: Cluster;
  readonly random: Random;
  /** Waits for a seeded injection point in the middle of the work. */
  untilInjectionPoint(): Promise<void>;
  /** How long a connection stays broken, in ms. */
  readonly outageMs: number;
  /** Says something about this one time, for the drill's output. */
  note(text: string): void;
}

/** A kind of fault. Whatever is done is over, and can heal, when `fault` resolves. */
export interface Fault {
  readonly name: string;
  /** Whether it comes before requests are worked on: what it hides, an erasure would have to reach. */
  readonly inFirstPart?: boolean;
  /** Describes why it cannot be done on this machine; undefined when it can. */
  whyNot?(): Promise<string | undefined>;
  /** Before any input is there. */
  prepare?(context: HarmContext): Promise<void>;
  fault(context: HarmContext): Promise<void>;
  /** When all is settled again: takes away what `prepare` made, and checks what is this fault's own. */
  conclude?(context: HarmContext): Promise<readonly Finding[]>;
  /** Instead of that when work gets stuck: takes away what would outlast the installation, whose services still run. */
  abandon?(context: HarmContext): Promise<void>;
}
