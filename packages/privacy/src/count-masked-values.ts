/** Counts the single values that masking changed in a record, at whatever depth; a field that it dropped counts too. */
export function countMaskedValues(before: unknown, after: unknown): number {
  // A list of what is still to be compared instead of recursion: a record may be nested deeper than the stack.
  const open: [before: unknown, after: unknown][] = [[before, after]];
  let count = 0;
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    const [was, is] = pair;
    if (typeof was === "object" && was !== null) {
      const fields: object = typeof is === "object" && is !== null ? is : {};
      for (const [name, value] of Object.entries(was)) {
        open.push([value, Object.hasOwn(fields, name) ? Reflect.get(fields, name) : undefined]);
      }
    } else if (was !== undefined && was !== null && was !== is) {
      count += 1;
    }
  }
  return count;
}
