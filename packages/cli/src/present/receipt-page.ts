import type { Receipt } from "@lethe/contracts/erasures";
import { receiptFacts } from "./receipt.js";
import { formatCount } from "./table.js";

/** Makes a page of a receipt that stands by itself and can be printed: no script, nothing from elsewhere. */
export function receiptPage(receipt: Receipt): string {
  const facts = receiptFacts(receipt)
    .map(([title, fact]) => `<tr><th scope="row">${escapeHtml(title)}</th><td>${escapeHtml(fact)}</td></tr>`)
    .join("\n");
  const places = receipt.body.places
    .map(
      ({ place, name, records, values }) =>
        `<tr><td>${escapeHtml(place)}</td><td>${escapeHtml(name)}</td><td class="n">${formatCount(records)}</td><td class="n">${formatCount(values)}</td></tr>`,
    )
    .join("\n");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Receipt ${receipt.sequence} of an erasure</title>
<style>
@page { size: A4; margin: 18mm; }
body { font: 10.5pt/1.45 system-ui, sans-serif; color: #1a1a1a; max-width: 174mm; margin: 10mm auto; padding: 0 6mm; }
h1 { font-size: 17pt; margin: 0 0 1mm; }
h2 { font-size: 12pt; margin: 8mm 0 2mm; }
table { border-collapse: collapse; width: 100%; font-size: 9.5pt; }
th, td { text-align: left; vertical-align: top; padding: 1.1mm 3mm 1.1mm 0; border-bottom: 0.2mm solid #d4d4d4; overflow-wrap: anywhere; }
th[scope="row"] { width: 48mm; font-weight: 600; }
thead th { border-bottom: 0.4mm solid #1a1a1a; }
tr { break-inside: avoid; }
.n { text-align: right; white-space: nowrap; }
p.note { color: #444; font-size: 9.5pt; }
@media print { body { margin: 0; padding: 0; max-width: none; } }
</style>
</head>
<body>
<h1>Receipt of an erasure</h1>
<p class="note">A person asked to be forgotten. Everything that was kept of them was masked as the policy says, a scan
afterwards found nothing left, and whatever comes of them later is masked on its way in. This receipt names them by a
pseudonym that only the holder of the key can match.</p>
<table>
${facts}
</table>
<h2>What was masked</h2>
<table>
<thead><tr><th>Place</th><th>File</th><th class="n">Records</th><th class="n">Values</th></tr></thead>
<tbody>
${places === "" ? '<tr><td colspan="4">Nothing of the person was kept.</td></tr>' : places}
</tbody>
</table>
<p class="note">The hash is the SHA-256 of this receipt's content and of the hash before it: a receipt that is changed, removed
or added shows. <code>lethe erasure verify</code> checks it.</p>
</body>
</html>
`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
