import { constants, setPriority } from "node:os";

/**
 * Has the machine run other processes first, where they want the same core: a service that works on batches for minutes
 * would keep whoever asks the API waiting.
 */
export function giveWay(): void {
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
}
