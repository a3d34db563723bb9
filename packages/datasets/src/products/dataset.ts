import Type from "typebox";
import { cleanText } from "../cleaning/text.js";
import { copyRow } from "../copy-text.js";
import type { DatasetDefinition } from "../define-dataset.js";
import { notPersonal } from "../field.js";
import { PRODUCT_MERGE, PRODUCT_STAGING } from "./merge.js";
import { PRODUCT_FIELDS, type RawProduct } from "./schema.js";
import { PRODUCT_TABLES } from "./tables.js";

export const products: DatasetDefinition = {
  name: "products",
  description: "products with their prices, with every version of them",
  schedule: "0 0 * * *",
  runsAfter: [],
  contract: Type.Object(PRODUCT_FIELDS, { additionalProperties: false }),
  csv: { numbers: ["sku", "popularity"], decimals: ["price", "popularity"] },
  fields: {
    sku: notPersonal,
    name: notPersonal,
    price: notPersonal,
    category: notPersonal,
    popularity: notPersonal,
  },
  accept(record, place, sinks) {
    const product = cleanProduct(record as RawProduct);
    sinks[0]?.append(
      copyRow([
        place.ordinal,
        place.fileId,
        place.line,
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
  stagingTables: [PRODUCT_STAGING],
  merge: PRODUCT_MERGE,
  tables: PRODUCT_TABLES,
  sample: (): RawProduct => ({ sku: 50_121, name: "Tea", price: "4.99", category: "Food", popularity: 0.5 }),
};

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
