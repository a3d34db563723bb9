import type { Random } from "@lethe/sample-data/random";
import type { Finding } from "./check/finding.js";
import type { Cluster } from "./cluster/cluster.js";

/** What a fault works with. */
export interface FaultContext {
  readonly cluster: Cluster;
  readonly random: Random;
  /** Waits for a seeded injection point in the middle of the work. */
  untilInjectionPoint(): Promise<void>;
  /** Whether nothing else is broken meanwhile: only then does it mean something what services say while the fault lasts. */
  readonly isAlone: boolean;
  /** Milliseconds for which a connection stays broken. */
  readonly outageMs: number;
  /** Adds a note about this round to the drill's output. */
  note(text: string): void;
}

/** A kind of fault. When `inject` resolves, the fault is over and the installation can recover. */
export interface Fault {
  readonly name: string;
  /**
   * The part of a round that it disturbs, where not any will do: `loads`, because it hides what an erasure would have to reach;
   * `sales`, of which there are many batches; `requests`, because it is about erasures. In storms, where all parts come at
   * once, it has no place.
   */
  readonly during?: "loads" | "sales" | "requests";
  /** Returns why this machine cannot inject it; undefined when it can. */
  whyNot?(): Promise<string | undefined>;
  /** Called before any input has landed. */
  prepare?(context: FaultContext): Promise<void>;
  inject(context: FaultContext): Promise<void>;
  /** Called when the installation has settled: removes what `prepare` made, and checks what concerns this fault alone. */
  conclude?(context: FaultContext): Promise<readonly Finding[]>;
  /** Called instead of `conclude` when work is stuck: removes what would outlast the installation. Services still run. */
  abandon?(context: FaultContext): Promise<void>;
}
