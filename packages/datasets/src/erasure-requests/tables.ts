import type { TableDeclaration } from "@lethe/contracts/data-map";

export const ERASURE_REQUEST_TABLES: readonly TableDeclaration[] = [];
