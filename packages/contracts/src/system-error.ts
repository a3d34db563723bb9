/** Reports whether an error is one of Node's system errors with this code (`ENOENT`, `EEXIST`). */
export function hasSystemCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
