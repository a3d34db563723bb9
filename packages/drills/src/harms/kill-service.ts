import { setTimeout } from "node:timers/promises";
import { below } from "@lethe/cli/generate/random";
import type { Harm } from "../harm.js";
import type { ServiceName } from "../site/service.js";

/** Ends a service as a crash would, twice, in whatever it does; another process takes its place each time. */
export function killService(name: ServiceName): Harm {
  return {
    name: `SIGKILL of the ${name}`,
    async harm({ site, random, untilSomeMoment }) {
      await untilSomeMoment();
      for (const place of site.places(name)) place.kill();
      await setTimeout(below(random, 1_500));
      for (const place of site.places(name)) place.kill();
    },
  };
}
