import type { TableDeclaration } from "@lethe/contracts/data-map";

export const CUSTOMER_TABLES: readonly TableDeclaration[] = [];
