import Type from "typebox";
import { cleanText } from "../cleaning/text.js";
import { copyRow } from "../copy-text.js";
import { csvNumber, csvText } from "../csv-field.js";
import type { Dataset } from "../dataset.js";
import { MASKABLE } from "../maskable.js";
import { shapeOf } from "../record-shape.js";
import { compileSchema } from "../schema-check.js";
import { PRODUCT_MERGE, PRODUCT_STAGING } from "./merge.js";
import { PRODUCT_FIELDS, type RawProduct } from "./schema.js";

/** Creates the products dataset. */
export function createProducts(): Dataset {
  const contract = Type.Object(PRODUCT_FIELDS, { additionalProperties: false });
  const schema = compileSchema(contract);
  return {
    name: "products",
    fields: {
      sku: MASKABLE.kept,
      name: MASKABLE.kept,
      price: MASKABLE.kept,
      category: MASKABLE.kept,
      popularity: MASKABLE.kept,
    },
    fenced: false,
    maskedReasons: [],
    shape: shapeOf(contract),
    fromCsv: (row) => ({
      ...Object.fromEntries(Object.entries(row).map(([name, field]) => [name, csvText(field)])),
      ...("sku" in row && { sku: csvNumber(row.sku) }),
      ...("popularity" in row && { popularity: csvNumber(row.popularity) }),
    }),
    subjectOf: () => ({ customerId: null, email: null }),
    check: (record) => (schema.fits(record) ? undefined : schema.explain(record)),
    identityOf: () => null,
    accept(record, place, sinks) {
      const product = cleanProduct(record as RawProduct);
      sinks[0]?.append(
        copyRow([
          place.ordinal,
          place.fileId,
          place.partitionStart,
          product.sku,
          product.name,
          product.price,
          product.category,
          product.popularity,
        ]),
      );
      return { processed: JSON.stringify(product) };
    },
    maskProcessed: (record) => record,
    stagingTables: [PRODUCT_STAGING],
    merge: PRODUCT_MERGE,
  };
}

/** Cleans a product's texts; its numbers stay as they are. */
function cleanProduct(raw: RawProduct) {
  return {
    sku: raw.sku,
    name: cleanText(raw.name),
    price: raw.price,
    category: cleanText(raw.category),
    popularity: raw.popularity,
  };
}
