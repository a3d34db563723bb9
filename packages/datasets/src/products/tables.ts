import { neutral, shown, type TableDeclaration } from "@lethe/contracts/data-map";

const VERSION = {
  ...shown("sku name price category popularity"),
  ...neutral("source_partition source_file_id first_seen last_seen valid_from loaded_at"),
} as const;

export const PRODUCT_TABLES: readonly TableDeclaration[] = [
  {
    name: "warehouse.products",
    title: "Product",
    primaryKey: "sku",
    columns: VERSION,
    sourceFile: "source_file_id",
    history: "warehouse.products_history",
    analyticsView: "products",
    rights: {
      scheduler: "select",
      extractor: "select (sku)",
      loader: "select, insert, update",
      // As of customers: to lock what it refers to.
      merger: "select (sku), update (loaded_at)",
    },
  },
  {
    name: "warehouse.products_history",
    title: "Older versions of the product",
    primaryKey: "version_id",
    columns: { ...VERSION, ...neutral("version_id valid_to") },
    sourceFile: "source_file_id",
    rights: { scheduler: "select", loader: "select, insert, update" },
  },
];
