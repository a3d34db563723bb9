/** A place that knows which installation it belongs to: the data folder, or Redis under the queues' prefix. */
export interface InstallationStore {
  /** What the place is called in messages. */
  readonly name: string;
  /** Returns the id of its installation; undefined where it has none yet. */
  read(): Promise<string | undefined>;
  /** Gives it to an installation unless another has it. Returns the id that it has then. */
  create(id: string): Promise<string>;
  /** Gives it to an installation, whoever has it. */
  replace(id: string): Promise<void>;
}

/** Returns a UUID that stands in a text; undefined for any other text. */
export function readInstallationId(text: string): string | undefined {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text) ? text : undefined;
}
