import { setFlagsFromString } from "node:v8";

/** How much a heap may grow after a full collection, in percent of what was alive then. */
const GROWTH_PERCENT = 200;

/**
 * Has V8 collect this process's heaps in full when they have grown to three times what is alive, buffers counted in. Of its own
 * accord it lets a heap that fills slowly grow by a few tenths only, and one that waits for disk and database fills slowly: a
 * service through whose hands files go would walk its 30 MB of code and objects once for every 10 MB that it reads. V8 asks for
 * the flag at each collection, so it may be set at any time.
 */
export function tuneGarbageCollection(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
}
