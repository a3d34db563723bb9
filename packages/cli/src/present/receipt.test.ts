import type { Receipt, ReceiptBody } from "@lethe/contracts/erasures";
import { createDatasets } from "@lethe/datasets/create-datasets";
import { receiptPage } from "@lethe/erasure/receipt-page";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sampleReceipt, sampleReceiptBody } from "../../test/sample-receipt.js";
import { formatReceipt } from "./receipt.js";

const pageOf = (shown: Receipt) => receiptPage(shown, createDatasets().database.tables);

const HASHES = { previousHash: "a3".repeat(32), hash: "5f".repeat(32) };
const receipt = (changes: Partial<ReceiptBody> = {}): Receipt => ({ ...sampleReceipt(changes), ...HASHES });

describe("a receipt", () => {
  const shown = { text: formatReceipt(receipt()), page: pageOf(receipt()) };

  it.each(["text", "page"] as const)("shows all that it proves, as %s", (form) => {
    const { body } = receipt();
    const facts = [
      ...[HASHES.hash, HASHES.previousHash, body.erasureId, body.pseudonym, body.keyId],
      ...["2022-03-01", "2022-03-02", "2022-03-03", "1.5", "1,200", "34,567"],
      ...[
        "archived_data/date=2022-02-01/hour=01/customers.json.gz",
        "warehouse.customers",
        "13",
        "23 values in 2 records",
      ],
    ];
    for (const fact of facts) expect(shown[form]).toContain(fact);
  });

  it("of somebody who was not there says so, and of no file that was rewritten", () => {
    const nobody = receipt({ found: false, places: [] });
    expect(formatReceipt(nobody)).toMatch(/Nothing was known of this person[\s\S]*Nothing had to be masked/);
    expect(pageOf(nobody)).toContain("Nothing of the person was there to be masked.");
    expect(pageOf(nobody)).not.toContain("rewritten");
  });

  it("marks what took longer than a month, and what a scan has found", () => {
    expect(shown.page).not.toContain('class="bad"');
    expect(pageOf(receipt({ completedAt: "2022-03-31T00:00:00.000Z" }))).toContain('class="bad"');
    expect(pageOf(receipt({ scan: { ...receipt().body.scan, findings: 1 } }))).toContain('class="bad"');
  });

  it.each(["unlink", "aggregate", "pseudonymise"] as const)(
    "says one thing of purchases, of the outcome %s",
    (outcome) => {
      const page = pageOf(receipt({ outcome }));
      const stays = page.match(/[Pp]urchases stay[^.<]*/g) ?? [];
      expect(stays).toHaveLength(2);
      expect(new Set(stays).size).toBe(1);
      expect(page.includes("under one pseudonym")).toBe(outcome === "pseudonymise");
      expect(page).not.toContain("under a pseudonym");
    },
  );

  it("says that files were rewritten where it names them by their folder alone", () => {
    const places = [{ place: "archived_data", name: "", records: 1, values: 1 }];
    expect(pageOf(receipt({ places }))).toContain("Files were rewritten");
    expect(
      pageOf(receipt({ places: [{ place: "warehouse.customers", name: "", records: 1, values: 1 }] })),
    ).not.toContain("rewritten");
  });

  it("shows all times in one zone", () => {
    const signed = {
      ...receipt(),
      checkpoint: { number: 4, keyId: "k", createdAt: "2022-03-04T00:00:00.000Z" },
    } as Receipt;
    expect(pageOf(signed)).toContain("2022-03-04 01:00:00 CET");
    expect(pageOf(signed)).not.toContain("UTC");
  });

  it.each([
    ["2022-03-02T00:00:16.400Z", "16 seconds"],
    ["2022-03-02T00:00:01.000Z", "1 second"],
    ["2022-03-02T00:10:00.000Z", "10 minutes"],
    ["2022-03-02T05:00:00.000Z", "5 hours"],
    ["2022-03-03T12:00:00.000Z", "1.5 days"],
  ])("completed at %s took %s", (completedAt, taken) => {
    expect(pageOf(receipt({ completedAt }))).toContain(`<strong>${taken}</strong>`);
    expect(formatReceipt(receipt({ completedAt }))).toContain(`after ${taken}`);
  });

  it("says what the closing scan did not search", () => {
    const scan = { ...receipt().body.scan, notSearched: { tables: 0, files: 2, destroyed: 1, missing: 0 } };
    for (const text of [pageOf(receipt({ scan })), formatReceipt(receipt({ scan }))]) {
      expect(text).toMatch(/not searched: 2 files [^;]*; 1 sealed file /);
    }
    expect(shown.page).not.toContain("not searched");
  });

  it("keeps control characters of a file's name from the terminal", () => {
    const places = [{ place: "archived_data", name: "a\u001b[2J", records: 1, values: 1 }];
    expect(formatReceipt(receipt({ places }))).not.toContain("\u001b");
  });
});

describe("the page of a receipt", () => {
  it("loads and runs nothing", () => {
    const page = pageOf(receipt());
    expect(page).not.toMatch(/<script|<link|<img|<iframe|\ssrc=|\shref=|url\(|@import|\son\w+=|javascript:/i);
    expect(page).toContain("default-src 'none'");
  });

  it("escapes every value, whatever stands in it", () => {
    const structure = (page: string) => page.match(/<[^>]*>/g)?.filter((tag) => !tag.startsWith("<time"));
    const plain = "plain";
    const withText = (text: string) =>
      pageOf({
        ...sampleReceipt(),
        ...{ createdAt: text, previousHash: text, hash: text },
        body: sampleReceiptBody({
          ...{ erasureId: text, pseudonym: text, keyId: text, policyVersion: text, requestedAt: text },
          places: [{ place: text, name: text, records: 1, values: 1 }],
        }),
      });
    const markup = fc.array(fc.constantFrom("<", ">", "&", '"', "'", "script", "/", "=", " ", "x", "$&"), {
      minLength: 1,
    });
    fc.assert(
      fc.property(
        markup.map((parts) => parts.join("")),
        (text) => {
          expect(structure(withText(text))).toEqual(structure(withText(plain)));
        },
      ),
    );
    expect(withText("<b>&\"'")).toContain("<code>&lt;b&gt;&amp;&quot;&#39;</code>");
  });
});
