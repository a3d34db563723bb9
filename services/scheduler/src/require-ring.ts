import { ServiceKeyError } from "@lethe/contracts/errors";
import type { Keyring } from "@lethe/privacy/privacy-key";

/** Returns the privacy keys, for what cannot be done without them. Throws ServiceKeyError where the scheduler was given none. */
export function requireRing(ring: Keyring | undefined): Keyring {
  if (ring !== undefined) return ring;
  throw new ServiceKeyError("the scheduler needs LETHE_PRIVACY_KEY for this; give it the key, or use the command line");
}
