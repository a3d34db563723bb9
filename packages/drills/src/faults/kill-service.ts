import { setTimeout } from "node:timers/promises";
import type { ServiceName } from "@lethe/contracts/services";
import { below } from "@lethe/sample-data/random";
import type { Fault } from "../fault.js";

/** Kills a service twice, whatever it does at the time. Another process takes its place each time. */
export function killService(name: ServiceName): Fault {
  return {
    name: `SIGKILL of the ${name}`,
    async inject({ cluster, random, untilInjectionPoint }) {
      await untilInjectionPoint();
      for (const place of cluster.places(name)) place.kill();
      await setTimeout(below(random, 1_500));
      for (const place of cluster.places(name)) place.kill();
    },
  };
}
