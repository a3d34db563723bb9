import { readFileSync } from "node:fs";

/** An operation of the API, as docs/openapi.json describes it. */
export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly statuses: readonly number[];
}

/** Returns all operations of docs/openapi.json, which a test keeps at what the routes say. */
export function declaredOperations(): Operation[] {
  const { paths }: Description = JSON.parse(
    readFileSync(new URL("../../../docs/openapi.json", import.meta.url), "utf8"),
  );
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { responses }]) => ({
      method: method.toUpperCase(),
      path,
      statuses: Object.keys(responses).map(Number),
    })),
  );
}

/** Returns every status that some operation declares, in order. */
export function allStatuses(): number[] {
  return [...new Set(declaredOperations().flatMap(({ statuses }) => statuses))].sort((a, b) => a - b);
}

interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly responses: object }>>>>;
}
