import { setFlagsFromString } from "node:v8";

/** How much the heap may grow after a full collection, in percent of the live objects. */
const GROWTH_PERCENT = 200;

/**
 * Lets the heap, buffers included, grow to three times its live objects before V8 collects it in full. By default V8 collects
 * a heap that grows slowly after a few tenths of growth, and a service that waits for disk and database grows slowly: it
 * would walk its 30 MB of code and objects for every 10 MB that it reads. V8 reads the flag at each collection, so this may be
 * called at any time.
 */
export function tuneGarbageCollection(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
}
