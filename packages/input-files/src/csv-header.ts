/** The names of a dataset's columns, and of those that a record must have. */
export interface CsvColumns {
  readonly columns: readonly string[];
  readonly required: readonly string[];
}

/** Returns the field that a name in a header means; undefined where it means none. */
export type FieldOf = (name: string) => string | undefined;

/**
 * Creates the reading of a header's names: case, white space around them, and whether and how words are separated (by spaces,
 * underscores or hyphens), do not matter, nor do brackets around it: `E-mail` is `email`, and `firstName` is `first_name`. `names` are other names, each with the field that it stands for.
 */
export function createFieldOf(
  { columns }: Pick<CsvColumns, "columns">,
  names: Readonly<Record<string, string>> = {},
): FieldOf {
  const known = new Map(columns.map((column) => [normalized(column), column]));
  for (const [name, field] of Object.entries(names)) known.set(normalized(name), field);
  return (name) => known.get(normalized(name));
}

/**
 * Reports whether a row is a header: whether it names all required fields, or names are most of it. A value may happen to be
 * a field's name, as `city` may.
 */
export function isHeader(
  cells: readonly string[],
  fieldOf: FieldOf,
  { required }: Pick<CsvColumns, "required">,
): boolean {
  const named = new Set(cells.map(fieldOf).filter((field) => field !== undefined));
  const filled = cells.filter((cell) => cell.trim() !== "").length;
  return named.size > 0 && (2 * named.size > filled || required.every((field) => named.has(field)));
}

/** Returns the names of columns, none twice: a name that comes again gets a number. */
export function uniqueNames(names: readonly string[]): readonly string[] {
  if (new Set(names).size === names.length) return names;
  const taken = new Set(names);
  const seen = new Set<string>();
  return names.map((name) => {
    let unique = name;
    for (let number = 2; seen.has(unique) || (unique !== name && taken.has(unique)); number++)
      unique = `${name}_${number}`;
    seen.add(unique);
    return unique;
  });
}

function normalized(name: string): string {
  return name
    .normalize("NFKC")
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, "")
    .replace(/^["'](.*)["']$|^\[(.*)\]$/, "$1$2");
}
