import { SERVICE_NAMES } from "@lethe/contracts/services";
import { below } from "@lethe/sample-data/random";
import type { Fault } from "../fault.js";

/** Runs two processes of each service, and kills one of them in the middle of the work. */
export const manyInstances: Fault = {
  name: "two of each service, one killed",
  async prepare({ cluster }) {
    await Promise.all(SERVICE_NAMES.map((name) => cluster.openExtraPlace(name)));
  },
  async inject({ cluster, random, untilInjectionPoint }) {
    await untilInjectionPoint();
    const places = cluster.places();
    places[below(random, places.length)]?.kill();
  },
  async conclude({ cluster }) {
    await cluster.closeExtraPlaces();
    return [];
  },
};
