import type { TableDeclaration } from "@lethe/contracts/data-map";
import { type ContractProperty, inputObject } from "@lethe/datasets/data-contract";
import type { Dataset } from "@lethe/datasets/dataset";
import { inputFieldOf } from "@lethe/datasets/input-field-of";
import { type Facet, facet } from "./facet.js";

interface SchemaField {
  readonly name: string;
  readonly type?: string;
  readonly description?: string;
  readonly fields?: readonly SchemaField[];
}

export type SchemaFacet = Facet<{ readonly fields: readonly SchemaField[] }>;

/** Returns what senders deliver, field by field, as the dataset's contract has it. */
export function inputSchema(dataset: Dataset): SchemaFacet {
  return facet("SchemaDatasetFacet", { fields: inputObject(dataset).properties.map(toField) });
}

function toField({ name, logicalType, properties, items, tags }: ContractProperty): SchemaField {
  const fields = (properties ?? items?.properties ?? []).map(toField);
  return {
    name,
    ...(logicalType !== undefined && { type: logicalType }),
    ...(tags?.includes("personal-data") === true && { description: PERSONAL }),
    ...(fields.length > 0 && { fields }),
  };
}

const PERSONAL = "personal data";

/** Returns a table's columns, with the types that the database gives them. */
export function tableSchema({ columns }: TableDeclaration, types: Readonly<Record<string, string>>): SchemaFacet {
  return facet("SchemaDatasetFacet", {
    fields: Object.entries(columns).map(([name, { kind }]) => ({
      name,
      ...(types[name] !== undefined && { type: types[name] }),
      ...(kind !== "neither" && { description: PERSONAL }),
    })),
  });
}

interface InputField {
  readonly namespace: string;
  readonly name: string;
  readonly field: string;
  readonly transformations: readonly {
    readonly type: "DIRECT";
    readonly subtype: "IDENTITY" | "TRANSFORMATION";
    readonly description: string;
    readonly masking: boolean;
  }[];
}

interface ColumnOrigin {
  readonly inputFields: readonly InputField[];
  /** What readers of the standard's earlier versions look at. */
  readonly transformationType: "IDENTITY" | "MASKED";
  readonly transformationDescription: string;
}

export type ColumnLineageFacet = Facet<{ readonly fields: Readonly<Record<string, ColumnOrigin>> }>;

/**
 * Returns which field of the input each column of a table comes from. A column that identifies a person or is about one is masked: its
 * values of whoever is erased or suppressed are, as the policy wants it. Columns that Lethe fills by itself are not named.
 */
export function columnLineage(
  dataset: Dataset,
  table: TableDeclaration,
  input: { readonly namespace: string; readonly name: string },
): ColumnLineageFacet {
  const fields = Object.entries(table.columns).flatMap(([name, column]): [string, ColumnOrigin][] => {
    const field = inputFieldOf(dataset, table, name);
    if (field === undefined) return [];
    const masking = column.kind !== "neither";
    const isDerived = column.kind === "personal" && column.derived === true;
    const isReplaced = column.kind === "identifying" && column.of !== "customer-id" && column.of !== "email";
    const description = masking
      ? isReplaced
        ? "never the value itself: a keyed hash or pseudonym of it"
        : "cleaned; masked or removed for whoever is erased"
      : "cleaned";
    return [
      [
        name,
        {
          inputFields: [
            {
              namespace: input.namespace,
              name: input.name,
              field,
              transformations: [
                {
                  type: "DIRECT",
                  subtype: masking || isDerived ? "TRANSFORMATION" : "IDENTITY",
                  description,
                  masking,
                },
              ],
            },
          ],
          transformationType: masking ? "MASKED" : "IDENTITY",
          transformationDescription: description,
        },
      ],
    ];
  });
  return facet("ColumnLineageDatasetFacet", { fields: Object.fromEntries(fields) });
}
