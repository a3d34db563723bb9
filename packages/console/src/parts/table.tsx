import type { ComponentChildren } from "preact";

/** A column of a table. */
export interface Column<T> {
  readonly title: string;
  readonly cell: (row: T) => ComponentChildren;
  /** Figures stand at the right. */
  readonly isNumber?: boolean;
  /** Whether the cell's text is never wrapped. */
  readonly isWhole?: boolean;
}

interface TableProps<T> {
  readonly caption: string;
  /** The caption is read out, but not shown, where a heading says the same. */
  readonly hasHeading?: boolean;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly keyOf: (row: T) => string | number;
  /** Stands in place of a table without rows. */
  readonly empty: string;
}

/** A table that scrolls sideways in a box of its own, which the keyboard reaches, where the page is narrow. */
export function Table<T>({ caption, hasHeading = false, columns, rows, keyOf, empty }: TableProps<T>) {
  if (rows.length === 0) return <p class="quiet">{empty}</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard.
    <section class="table" tabIndex={0} aria-label={caption}>
      <table>
        <caption class={hasHeading ? "unseen" : undefined}>{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ title, isNumber }) => (
              <th key={title} scope="col" class={isNumber ? "number" : undefined}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ title, cell, isNumber, isWhole }) => (
                <td key={title} class={isNumber ? "number" : isWhole ? "keep" : undefined}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
