import { below } from "@lethe/cli/generate/random";
import type { Harm } from "../harm.js";
import { SERVICE_NAMES } from "../site/service.js";

/** Two of each service at once, of which one is ended in the middle. */
export const manyInstances: Harm = {
  name: "two of each service, one killed",
  async prepare({ site }) {
    await Promise.all(SERVICE_NAMES.map((name) => site.openExtraPlace(name)));
  },
  async harm({ site, random, untilSomeMoment }) {
    await untilSomeMoment();
    const places = site.places();
    places[below(random, places.length)]?.kill();
  },
  async conclude({ site }) {
    await site.closeExtraPlaces();
    return [];
  },
};
