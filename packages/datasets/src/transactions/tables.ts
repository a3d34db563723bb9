import type { TableDeclaration } from "@lethe/contracts/data-map";

export const TRANSACTION_TABLES: readonly TableDeclaration[] = [];
