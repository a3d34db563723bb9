import { parseString } from "fast-csv";

/** Returns the rows that fast-csv finds by itself in a whole text, blank ones left out; undefined where it finds a fault. */
export async function fastCsvRows(text: string): Promise<string[][] | undefined> {
  const rows: string[][] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      parseString<string[], string[]>(text, { headers: false })
        .on("error", reject)
        .on("data", (row: string[]) => rows.push(row))
        .on("end", () => resolve());
    });
  } catch {
    return undefined;
  }
  return rows.filter(({ length }) => length > 0);
}
