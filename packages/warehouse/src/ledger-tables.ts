import type { TableDeclaration } from "@lethe/contracts/data-map";

export const LEDGER_TABLES: readonly TableDeclaration[] = [];
