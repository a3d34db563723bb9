import type { TableDeclaration } from "@lethe/contracts/data-map";

export const PRODUCT_TABLES: readonly TableDeclaration[] = [];
