/** A place that knows which installation it belongs to: the data folder, or Redis under the queues' prefix. */
export interface InstallationStore {
  /** What the place is called in messages. */
  readonly name: string;
  /** Returns the id of its installation; undefined where it has none yet. */
  read(): Promise<string | undefined>;
  /** Records an installation's id unless another one is recorded. Returns the id that is recorded then. */
  create(id: string): Promise<string>;
  /** Records an installation's id in place of the recorded one. */
  replace(id: string): Promise<void>;
}

/** Returns a UUID that stands in a text; undefined for any other text. */
export function readInstallationId(text: string): string | undefined {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text) ? text : undefined;
}
