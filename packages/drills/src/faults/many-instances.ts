import { SERVICE_NAMES } from "@lethe/contracts/services";
import { below } from "@lethe/sample-data/random";
import type { Fault } from "../fault.js";

/** Two of each service at once, of which one is ended in the middle. */
export const manyInstances: Fault = {
  name: "two of each service, one killed",
  async prepare({ cluster }) {
    await Promise.all(SERVICE_NAMES.map((name) => cluster.openExtraPlace(name)));
  },
  async fault({ cluster, random, untilInjectionPoint }) {
    await untilInjectionPoint();
    const places = cluster.places();
    places[below(random, places.length)]?.kill();
  },
  async conclude({ cluster }) {
    await cluster.closeExtraPlaces();
    return [];
  },
};
