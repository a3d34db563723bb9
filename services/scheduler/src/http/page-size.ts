import Type from "typebox";

const USUAL = 50;

export interface PageSize {
  /** The query parameter `limit`. */
  readonly limit: ReturnType<typeof limitSchema>;
  /** Returns how many entries a page has, with and without that parameter. */
  of(limit: number | undefined): number;
}

/** Creates the size of lists' pages, of which no caller may ask for more than `greatest`. */
export function createPageSize(greatest: number): PageSize {
  const usual = Math.min(USUAL, greatest);
  return { limit: limitSchema(usual, greatest), of: (limit) => limit ?? usual };
}

function limitSchema(usual: number, maximum: number) {
  return Type.Optional(Type.Integer({ minimum: 1, maximum, default: usual }));
}
