import type { ColumnDeclaration, TableDeclaration } from "@lethe/contracts/data-map";
import type { SubjectExport } from "@lethe/contracts/subject-export";
import { escapeHtml } from "./escape-html.js";

/**
 * Creates a page of what is held on a person, for the person to read or to print. The page loads and runs nothing, and every value
 * is escaped. What the tables hold for Lethe's own work, such as keys and times of loading, is in the JSON alone.
 */
export function subjectPage(held: SubjectExport, declared: readonly TableDeclaration[]): string {
  const { identifiers } = held;
  const joins = new Set(declared.flatMap(({ belongsTo }) => (belongsTo === undefined ? [] : [belongsTo.key])));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>What is held on you</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>What is held on you</h1>
<p>This is everything that Lethe holds under the identifiers below, as of ${escapeHtml(held.createdAt)} (GDPR Art. 15 and 20).</p>
${fields([
  ["Customer numbers", identifiers.customerIds.join(", ")],
  ["Emails", identifiers.emails.join(", ")],
  ["Names", identifiers.names.join(", ")],
  ["Processing restricted since", held.restrictedAt ?? "not restricted"],
])}
${section(
  "Requests to be forgotten",
  held.requests.map((request) =>
    fields([
      ["State", request.state],
      ["Received", request.receivedAt],
      ["To be answered by", request.due],
      ["Answered", request.closedAt ?? "not yet"],
      ["Reason", request.reason ?? ""],
    ]),
  ),
)}
${held.tables
  .map(({ table, title, rows }) =>
    section(
      title,
      rows.map(
        ({ file, date, data }) =>
          `${origin(file, date)}${fields(
            shownFields(
              data,
              declared.find(({ name }) => name === table),
              joins,
            ),
          )}`,
      ),
    ),
  )
  .join("\n")}
${section(
  "Records that were set aside",
  held.quarantine.map(
    ({ file, date, dataset, reason, status, receivedAt, record }) =>
      `${origin(file, date)}${fields([
        ["Kind", dataset],
        ["Reason", reason],
        ["State", status],
        ["Received", receivedAt],
      ])}<pre>${escapeHtml(record)}</pre>`,
  ),
)}
${section(
  "Records in files",
  held.files.map(
    ({ place, file, date, records }) =>
      `${origin(`${place}/${file}`, date)}${records.map((record) => `<pre>${escapeHtml(record)}</pre>`).join("")}`,
  ),
)}
${
  held.notSearched.length === 0
    ? ""
    : section(
        "Files that could not be searched to their end",
        held.notSearched.map((name) => `<p>${escapeHtml(name)}</p>`),
      )
}
</main>
</body>
</html>
`;
}

/** Returns what a row says of the person, in the order of the table's declaration. */
function shownFields(
  data: Readonly<Record<string, unknown>>,
  declaration: TableDeclaration | undefined,
  joins: ReadonlySet<string>,
): (readonly [name: string, value: string])[] {
  const names =
    declaration === undefined
      ? Object.keys(data)
      : Object.entries(declaration.columns).flatMap(([name, column]) =>
          isContent(column) && !joins.has(name) && name in data ? [name] : [],
        );
  return names.map((name) => [labelOf(name), textOf(data[name])]);
}

/** Reports whether a column holds what was sent. Of those that are about nobody, analysts see exactly these. */
function isContent(column: ColumnDeclaration): boolean {
  if (column.kind === "identifying") return column.of === "customer-id" || column.of === "email";
  return column.kind === "personal" ? column.derived !== true : column.analytics !== undefined;
}

function labelOf(name: string): string {
  const words = name.replaceAll("_", " ").replace(/\bid\b/g, "number");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function section(title: string, parts: readonly string[]): string {
  if (parts.length === 0) return "";
  return `<section><h2>${escapeHtml(title)}</h2>${parts.map((part) => `<article>${part}</article>`).join("\n")}</section>`;
}

function fields(entries: readonly (readonly [name: string, value: string])[]): string {
  const rows = entries.map(
    ([name, value]) => `<tr><th scope="row">${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`,
  );
  return `<table>${rows.join("")}</table>`;
}

function origin(file: string | null, date: string | null): string {
  if (file === null) return "";
  return `<p class="origin">From ${escapeHtml(file)}${date === null ? "" : `, ${escapeHtml(date)}`}</p>`;
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

const STYLE = `
body { font: 11pt/1.5 system-ui, sans-serif; color: #222; margin: 2rem; }
main { max-width: 50rem; margin: auto; }
article { border-top: 1px solid #ccc; padding: .5rem 0; break-inside: avoid; }
table { border-collapse: collapse; }
th { text-align: left; font-weight: normal; color: #555; padding-right: 1.5rem; vertical-align: top; }
td, pre { overflow-wrap: anywhere; white-space: pre-wrap; }
.origin { color: #555; margin: 0; font-size: 9pt; }
`;
