import Type from "typebox";

/** The name of a dataset in the registry of `packages/datasets`, which checks every name that comes from outside. */
export type DatasetName = string;

/** Stands in answers of the API for a dataset's name; the scheduler registers the schema with the names of its registry. */
export const DatasetNameSchema = Type.Unsafe<DatasetName>({ $ref: "DatasetName#" });
