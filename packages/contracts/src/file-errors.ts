/** Why a file or a folder cannot be used, as far as the operating system says. The codes are stable: `/readyz` shows them. */
export interface FileProblem {
  readonly code:
    | "folder_full"
    | "folder_read_only"
    | "folder_forbidden"
    | "folder_missing"
    | "folder_broken"
    | "path_too_long"
    | "too_many_open_files";
  /** What is wrong and what to do, as the end of a sentence that starts with the folder. */
  readonly message: string;
}

/**
 * Explains an error of the file system. Returns undefined for one of another kind. Names no path: whoever knows which folder it is
 * says so.
 */
export function explainFileError(error: unknown): FileProblem | undefined {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return undefined;
  // The network has codes of the same kind, and its errors say with whom it was not possible to speak.
  if (!("syscall" in error) || /^(connect|getaddrinfo|listen|bind|accept|spawn|kill)/.test(String(error.syscall)))
    return undefined;
  const problem = PROBLEMS[error.code];
  return problem === undefined ? undefined : { code: problem.code, message: `${problem.message} (${error.code})` };
}

const FULL: FileProblem = {
  code: "folder_full",
  message: "has no room left: free space on its disk, and the work goes on",
};
const FORBIDDEN: FileProblem = {
  code: "folder_forbidden",
  message: "may not be read or written by the services’ user: give it to that user (chown -R), or name another",
};
const TOO_MANY: FileProblem = {
  code: "too_many_open_files",
  message: "cannot be worked on since too many files are open: raise the limit of open files (ulimit -n)",
};
const BROKEN: FileProblem = {
  code: "folder_broken",
  message: "cannot be read or written: see whether its disk or its network share works, in the system’s log",
};

const PROBLEMS: Readonly<Record<string, FileProblem>> = {
  ENOSPC: FULL,
  EDQUOT: {
    code: "folder_full",
    message: "has used up its user’s quota of disk space: raise it, or free space, and the work goes on",
  },
  EFBIG: { code: "folder_full", message: "takes no file of this size: raise the limit of file sizes (ulimit -f)" },
  EROFS: {
    code: "folder_read_only",
    message: "lies on a disk that is mounted read-only: mount it so that it can be written",
  },
  EACCES: FORBIDDEN,
  EPERM: FORBIDDEN,
  EMFILE: TOO_MANY,
  ENFILE: TOO_MANY,
  EIO: BROKEN,
  ESTALE: BROKEN,
  ENODEV: BROKEN,
  ENXIO: BROKEN,
  ENOTDIR: { code: "folder_missing", message: "is no folder, or lies below a file: name a folder" },
  ELOOP: { code: "folder_missing", message: "is a symbolic link that leads to itself: name a folder" },
  ENAMETOOLONG: { code: "path_too_long", message: "has a path that is too long for the system: name a shorter one" },
};
