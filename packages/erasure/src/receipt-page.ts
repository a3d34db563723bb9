import type { TableDeclaration } from "@lethe/contracts/data-map";
import { ERASURE_LIMIT_DAYS, type ErasurePlace, type Receipt } from "@lethe/contracts/erasures";
import { count, formatCount } from "@lethe/contracts/format-number";
import { formatTime } from "@lethe/contracts/format-time";
import { escapeHtml } from "./escape-html.js";
import {
  daysTaken,
  describeNotSearched,
  describeReapplied,
  describeSignature,
  formatTimeTaken,
  namePlace,
  PURCHASES_STAY,
  summarizeReceipt,
} from "./receipt-words.js";

/**
 * Creates an HTML page of a receipt, to be printed on A4 or kept. The page loads and runs nothing, and is written for
 * the person who asked to be forgotten as well as for auditors. Every value is escaped.
 */
export function receiptPage(receipt: Receipt, tables: readonly TableDeclaration[]): string {
  const { body } = receipt;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>Erasure receipt ${escapeHtml(receipt.sequence)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<header>
  <p class="maker">Lethe</p>
  <h1>Erasure receipt <span class="number">No. ${escapeHtml(receipt.sequence)}</span></h1>
  <p class="lead">${escapeHtml(summarizeReceipt(receipt))}</p>
</header>

<section class="figures">
  ${figure(formatTimeTaken(receipt), "taken; the limit is one month", isLate(receipt))}
  ${figure(formatCount(sum(body.places, "values")), "values masked")}
  ${figure(formatCount(sum(body.places, "records")), "records touched")}
  ${figure(formatCount(body.scan.findings), "findings of the closing scan", body.scan.findings > 0)}
</section>

<section>
  <h2>What was done</h2>
  ${steps(receipt)}
</section>

<section>
  <h2>When</h2>
  <table class="fields">
    ${row("Requested", `in the hour from ${time(body.requestedAt)}`, "the request came in the folder of this hour; its minute is not known")}
    ${row("Received", time(body.receivedAt), "Lethe took it in; the days are counted from here")}
    ${row("Suppressed", time(body.suppressedAt), "from here on nothing of the person came in unmasked")}
    ${row("Vacuumed", time(body.vacuumedAt), "old row versions were removed from the database’s tables")}
    ${row("Completed", time(body.completedAt), `after ${formatTimeTaken(receipt)}; the law allows one month`)}
  </table>
</section>

<section>
  <h2>Where</h2>
  ${places(body.places, placeTitles(tables))}
</section>

<section class="keep">
  <h2>The closing scan</h2>
  <p>${escapeHtml(describeScan(body.scan))}</p>
</section>

<section class="keep">
  <h2>What this receipt can be checked by</h2>
  <table class="fields">
    ${row("Erasure", code(body.erasureId))}
    ${row("Person", code(body.pseudonym), "a pseudonym: only the holder of the key can say whose")}
    ${row("Key", code(body.keyId), "the id of the key, not the key")}
    ${row("Policy", code(body.policyVersion), "the version of the masking policy")}
    ${row("Outcome", code(body.outcome), PURCHASES_STAY[body.outcome])}
    ${row("Hash", code(receipt.hash), "SHA-256 over the hash before it, the number, the time and the content")}
    ${row("Hash before it", code(receipt.previousHash), receipt.sequence === 1 ? "the first entry has none" : "")}
    ${row("Written", time(receipt.createdAt))}
    ${row("Signature", escapeHtml(describeSignature(receipt)))}
    ${receipt.reapplied.map((again) => row("Reapplied", escapeHtml(describeReapplied(again)))).join("\n    ")}
  </table>
  <p class="note">Each entry of the log carries the hash of the one before it, and signed checkpoints cover them, so one that
  is changed, taken out or slipped in shows: <code>lethe erasure verify</code>. This receipt holds no name, address, number or
  email of the person.</p>
</section>
</main>
</body>
</html>
`;
}

/** Lists only the steps that happened: a person who was not found had no records to mask. */
function steps({ body }: Receipt): string {
  const hasFiles = body.places.some(({ place, name }) => name !== "" || FILE_PLACES.has(place));
  const done = [
    "The person was put on the suppression list, as keyed hashes that nobody can read without the key.",
    ...(body.found
      ? [`Their records in the database were masked; ${PURCHASES_STAY[body.outcome]}.`]
      : ["No record of them was there. Whatever comes later is masked on its way in."]),
    ...(hasFiles
      ? ["Files were rewritten: those that held the person were masked, and other people’s lines stayed as they were."]
      : []),
    "The tables were vacuumed, and records and files were looked through once more.",
  ];
  return `<ol>${done.map((step) => `<li>${escapeHtml(step)}</li>`).join("")}</ol>`;
}

/** Returns what the places of receipts are called: tables by their declared titles, and the folders of files. */
function placeTitles(tables: readonly TableDeclaration[]): ReadonlyMap<string, string> {
  return new Map([...tables.map(({ name, title }) => [name, title] as const), ...FILE_PLACES]);
}

/** A receipt names files one by one, or all of a folder together by an empty name. */
const FILE_PLACES: ReadonlyMap<string, string> = new Map([
  ["archived_data", "Original file"],
  ["processed_data", "Cleaned file"],
  ["quarantined_data", "File that could not be read as a whole"],
]);

function places(all: readonly ErasurePlace[], titles: ReadonlyMap<string, string>): string {
  if (all.length === 0) return "<p>Nothing of the person was there to be masked.</p>";
  const rows = all.map((place) => {
    const title = titles.get(place.place);
    const words = title === undefined ? "" : `${escapeHtml(title)}<br>`;
    return `<tr>
      <td>${words}<code class="path">${escapeHtml(namePlace(place))}</code></td>
      <td class="count">${escapeHtml(formatCount(place.records))}</td>
      <td class="count">${escapeHtml(formatCount(place.values))}</td>
    </tr>`;
  });
  return `<table class="places">
    <thead><tr><th>Place</th><th class="count">Records</th><th class="count">Values masked</th></tr></thead>
    <tbody>${rows.join("\n")}</tbody>
    <tfoot><tr>
      <td>${escapeHtml(count(all.length, "place"))}</td>
      <td class="count">${escapeHtml(formatCount(sum(all, "records")))}</td>
      <td class="count">${escapeHtml(formatCount(sum(all, "values")))}</td>
    </tr></tfoot>
  </table>`;
}

function describeScan({ tables, records, files, bytes, findings, notSearched }: Receipt["body"]["scan"]): string {
  const looked = `${count(tables, "table")}, ${count(records, "record")}, ${count(files, "file")} (${count(bytes, "byte")} unpacked)`;
  const found =
    findings === 0 ? "Nothing of the person was found" : `${count(findings, "record")} of the person were found`;
  return `${found} in ${looked}${describeNotSearched(notSearched)}.`;
}

function isLate(receipt: Receipt): boolean {
  return daysTaken(receipt) > ERASURE_LIMIT_DAYS;
}

function figure(number: string, label: string, isBad = false): string {
  return `<div${isBad ? ' class="bad"' : ""}><strong>${escapeHtml(number)}</strong><span>${escapeHtml(label)}</span></div>`;
}

/** A row of a field; the value is HTML already. */
function row(name: string, value: string, remark = ""): string {
  const note = remark === "" ? "" : ` <span class="remark">${escapeHtml(remark)}</span>`;
  return `<tr><th scope="row">${escapeHtml(name)}</th><td>${value}${note}</td></tr>`;
}

function time(timestamp: string): string {
  const shown = Number.isNaN(Date.parse(timestamp)) ? timestamp : formatTime(timestamp);
  return `<time datetime="${escapeHtml(timestamp)}">${escapeHtml(shown)}</time>`;
}

function code(text: string): string {
  return `<code>${escapeHtml(text)}</code>`;
}

function sum(all: readonly ErasurePlace[], what: "records" | "values"): number {
  return all.reduce((total, place) => total + place[what], 0);
}

const STYLE = `
  @page { size: A4; margin: 18mm 16mm; }
  * { box-sizing: border-box; }
  body { margin: 0; background: #eceef0; color: #1b2430; font: 14px/1.5 "Helvetica Neue", Helvetica, Arial, sans-serif; }
  main { max-width: 210mm; margin: 24px auto; padding: 16mm; background: #fff; }
  header { border-bottom: 2px solid #1f4e5f; padding-bottom: 12px; }
  .maker { margin: 0; color: #1f4e5f; font-weight: 600; letter-spacing: .14em; text-transform: uppercase; font-size: 12px; }
  h1 { margin: 2px 0 6px; font-size: 28px; line-height: 1.2; font-weight: 600; }
  .number { color: #1f4e5f; white-space: nowrap; }
  .lead { margin: 0; font-size: 15px; }
  h2 { margin: 24px 0 8px; font-size: 16px; color: #1f4e5f; break-after: avoid; }
  p { margin: 0 0 8px; }
  ol { margin: 0; padding-left: 20px; }
  .figures { display: grid; grid-template-columns: repeat(4, 1fr); gap: 12px; margin-top: 16px; break-inside: avoid; }
  .figures div { border: 1px solid #ccd4da; border-radius: 4px; padding: 10px 12px; }
  .figures strong { display: block; font-size: 22px; line-height: 1.2; font-variant-numeric: tabular-nums; }
  .figures span, .remark, .note { color: #54616d; font-size: 12px; }
  .figures .bad { border-color: #a4262c; } .figures .bad strong { color: #a4262c; }
  table { width: 100%; border-collapse: collapse; }
  th, td { padding: 6px 12px 6px 0; text-align: left; vertical-align: top; border-bottom: 1px solid #e1e6ea; }
  tr { break-inside: avoid; }
  .fields th { width: 130px; font-weight: 600; }
  .fields .remark { display: block; }
  .places th { font-size: 12px; color: #54616d; border-bottom: 1px solid #8d99a4; }
  .places tfoot td { font-weight: 600; border-bottom: 0; border-top: 1px solid #8d99a4; }
  .places tfoot { display: table-row-group; }
  .count { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; padding-right: 0; padding-left: 12px; }
  code { font: 12px/1.5 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
  .path { color: #54616d; }
  .note { margin: 10px 0 0; }
  .keep { break-inside: avoid; }
  @media (max-width: 640px) {
    main { margin: 0; padding: 16px; }
    .figures { grid-template-columns: repeat(2, 1fr); }
    .fields th { width: 96px; }
  }
  @media print {
    body { background: none; font-size: 10.5pt; }
    main { margin: 0; padding: 0; max-width: none; }
  }
`;
