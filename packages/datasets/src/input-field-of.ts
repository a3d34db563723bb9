import type { TableDeclaration } from "@lethe/contracts/data-map";
import Type, { type TObject } from "typebox";
import type { Dataset } from "./dataset.js";

/**
 * Returns the path of the input field that a column's value comes from: the one that it declares, or else the only one that has
 * its name at any depth (`purchases.products.sku`). Returns undefined for a column that Lethe fills by itself.
 */
export function inputFieldOf(
  { contract }: Pick<Dataset, "contract">,
  table: TableDeclaration,
  column: string,
): string | undefined {
  const declared = table.columns[column];
  if (declared !== undefined && declared.kind !== "neither" && declared.field !== undefined) return declared.field;
  const [path, ...others] = leafPaths(contract, "").filter((leaf) => leaf.slice(leaf.lastIndexOf(".") + 1) === column);
  return others.length === 0 ? path : undefined;
}

function leafPaths(schema: TObject, prefix: string): string[] {
  return Object.entries(schema.properties).flatMap(([name, property]) => {
    const path = `${prefix}${name}`;
    if (Type.IsObject(property)) return leafPaths(property, `${path}.`);
    if (Type.IsArray(property) && Type.IsObject(property.items)) return leafPaths(property.items, `${path}.`);
    return [path];
  });
}
