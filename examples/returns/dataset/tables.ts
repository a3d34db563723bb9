import { identifying, personal, shown, type TableDeclaration, unlinked } from "@lethe/contracts/data-map";

export const RETURN_TABLES: readonly TableDeclaration[] = [
  {
    name: "warehouse.returns",
    title: "Returned goods",
    primaryKey: "return_id",
    columns: {
      ...shown("return_id"),
      customer_id: identifying("customer-id", {
        field: "customer_id",
        follows: { table: "warehouse.customers", column: "id" },
        analytics: "customer",
      }),
      ...shown("sku returned_on"),
      reason: personal("reason"),
      ...unlinked("nothing", "source_file_id"),
    },
    sourceFile: "source_file_id",
    analyticsView: "returns",
    rights: {
      scheduler: "select",
      loader: "select, insert, update",
    },
  },
];
