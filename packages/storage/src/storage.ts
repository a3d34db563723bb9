/**
 * The places of a storage; each holds files by key. Landing is the senders'. A run moves what it takes into `claimed`, out of
 * their reach, before it reads it.
 */
export type Area = "landing" | "claimed" | "staging" | "processed" | "archived" | "quarantined";

/** The bytes of a file that is written: all at once, or as they come. */
export type Content = readonly Uint8Array[] | AsyncIterable<Uint8Array>;

/** What a folder holds: one of the storage's files, a folder of them, or something else that was put there from outside. */
export interface Entry {
  readonly name: string;
  readonly kind: "file" | "folder" | "link" | "other";
}

/** An entry of a folder that is listed whole. */
export interface WholeEntry {
  /** A name that is no UTF-8 has its other bytes written as `\\xe9`. */
  readonly name: string;
  /** `illegible` is whatever has a name that is no UTF-8: no key leads to it. */
  readonly kind: Entry["kind"] | "illegible";
}

/** A file that is open for reading. It stays what it was when it was opened, whatever takes its place meanwhile. */
export interface OpenFile {
  /** Bytes that it had when it was opened. */
  readonly size: number;
  /** Another file in its place has another one, for as long as it is open. */
  readonly id: string;
  /** Whether it has another name besides this one, under which somebody else can change it. */
  readonly isShared: boolean;
  /** Returns its bytes from the first to the last in pieces of at most `pieceBytes`; each call begins anew. */
  bytes(pieceBytes?: number): AsyncIterable<Buffer>;
  close(): Promise<void>;
}

/** A file that is written whole and waits to take its place. */
export interface WrittenFile {
  readonly bytes: number;
  /**
   * Puts it in place: from now on readers see it, and before this what was there. Throws TransientError, and changes nothing,
   * where somebody else has put another file in the place of what it `replaces` or goes behind, or writes the same key now.
   */
  commit(): Promise<void>;
  /** Removes it. */
  discard(): Promise<void>;
}

export interface WriteOptions {
  /** The content goes behind the first so many bytes of what is there; behind all of them if they are fewer. */
  readonly after?: number;
  /** What it is made of and takes the place of. Nothing that somebody has put there since is replaced. */
  readonly replaces?: OpenFile;
  /** Whether nobody but the owner may read it, where the storage knows of others. */
  readonly isPrivate?: boolean;
}

/** What a file is without looking into it. */
export interface FileState {
  readonly bytes: number;
  /** When its content changed last, in milliseconds, by the clock of its file system. */
  readonly changedMs: number;
  /** Another file in its place has another one. */
  readonly id: string;
}

/** What became of a file that was to be claimed; with the system's code where it is not let go. */
export type ClaimOutcome = "claimed" | "gone" | { readonly refusedWith: string };

export interface Move {
  readonly key: string;
  readonly newKey: string;
}

export interface CopiedInput {
  /** Files that were put into landing; those whose content lies there already do not count. */
  readonly files: number;
  readonly bytes: number;
  /** What could not be copied, relative to the source, and why. */
  readonly failures: readonly { readonly path: string; readonly why: string }[];
}

/**
 * All files that Lethe keeps. A key is a file's path below its area, with `/` between folders, as the ledger has it. Every
 * function throws PathRefusedError for a key that leads out of its area. Nothing follows a symbolic link that has a key.
 */
export interface Storage {
  /**
   * Returns what lies in a folder (`""` is the area itself), in no order, and nothing where there is no such folder. Files
   * that are not committed are not among it. Memory does not grow with the folder.
   */
  list(area: Area, folder: string): AsyncIterable<Entry>;
  /**
   * Returns what lies in a folder, as `list` does, but all at once and at a small part of its cost, for whoever goes through
   * many folders. Memory grows with the folder. Throws what the file system says of a folder that cannot be read.
   */
  listWhole(area: Area, folder: string): Promise<readonly WholeEntry[]>;
  /** Opens a file; undefined when there is none. Throws PathRefusedError if it is a symbolic link. */
  open(area: Area, key: string): Promise<OpenFile | undefined>;
  /** Returns all of a file's bytes; undefined when there is none. Throws PathRefusedError if it is a symbolic link. */
  read(area: Area, key: string): Promise<Buffer | undefined>;
  /** Returns a file's size in bytes; undefined when there is none. */
  size(area: Area, key: string): Promise<number | undefined>;
  /**
   * Writes a file that appears when it is committed, in place of what has the key. It is then safe from a loss of power,
   * unless it lies in staging, where everything can be made again. In staging several may write one key at once; elsewhere
   * whoever writes sees to it that nobody else writes the same key. What a crash leaves is no file, and goes with the next
   * write of that key.
   */
  write(area: Area, key: string, content: Content, options?: WriteOptions): Promise<WrittenFile>;
  /** Returns what a file is; undefined when there is none. */
  look(area: Area, key: string): Promise<FileState | undefined>;
  /**
   * Moves files from landing to `claimed`. Each stays what it is, with its owner and permissions, whoever has it open. Of
   * several that claim one file, one gets it.
   */
  claim(moves: readonly Move[]): Promise<ClaimOutcome[]>;
  /** Moves files, each in place of what has its new key. Reports of each whether it was there. */
  move(from: Area, to: Area, moves: readonly Move[]): Promise<boolean[]>;
  /**
   * Puts a claimed file back into landing under the first of `landingKeys` that is free, and returns that key; undefined when
   * the file is not there, or no key is free. It stays what it is: whoever has it open goes on writing into it.
   */
  returnToLanding(key: string, landingKeys: readonly string[]): Promise<string | undefined>;
  /** Removes files; one that is not there is no error. */
  remove(area: Area, keys: readonly string[]): Promise<void>;
  /** Removes a folder and all that is in it; that there is none is no error. */
  removeFolder(area: Area, folder: string): Promise<void>;
  /** Removes those of the folders of landing that are empty and in which nobody has changed anything for so many milliseconds. */
  removeUnusedFolders(folders: readonly string[], unusedMs: number): Promise<void>;
  /** Removes what crashed writers to landing have left that long ago, in milliseconds, and nobody will write again. */
  removeAbandoned(ageMs: number): Promise<void>;
  /** Throws ConfigurationError when the storage is not there, or may not be read. */
  requireReadable(): Promise<void>;
  /** Throws ConfigurationError for a folder of this machine that is missing, or that `copyInput` would change. */
  requireInput(folder: string): Promise<void>;
  /**
   * Copies a folder of this machine into landing and leaves it as it is. A file appears in landing whole, since services
   * may look at any time, and takes the place of nothing: beside another file of its name it gets a spare name. Symbolic links stay links, where the storage can hold some, and are not followed. Of the top folder,
   * README.md and names that start with a dot are no input. Throws the signal's reason when that aborts.
   */
  copyInput(folder: string, signal: AbortSignal): Promise<CopiedInput>;
}
