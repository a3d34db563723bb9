/** Names Lethe as the source of what an event says. */
export const PRODUCER = "urn:lethe:openlineage";

/** A facet: what an event says of a run, a job or a dataset beside its name. */
export type Facet<T> = T & { readonly _producer: string; readonly _schemaURL: string };

/** The versions of the standard's facets that Lethe writes. */
const VERSIONS = {
  ColumnLineageDatasetFacet: "1-2-0",
  DatasourceDatasetFacet: "1-0-1",
  DocumentationJobFacet: "1-1-0",
  ErrorMessageRunFacet: "1-0-1",
  InputStatisticsInputDatasetFacet: "1-0-0",
  JobTypeJobFacet: "2-0-4",
  NominalTimeRunFacet: "1-0-1",
  OutputStatisticsOutputDatasetFacet: "1-0-2",
  ProcessingEngineRunFacet: "1-1-1",
  SchemaDatasetFacet: "1-2-0",
  TagsRunFacet: "1-0-0",
} as const;

/** Creates a facet of the standard. */
export function facet<T extends object>(name: keyof typeof VERSIONS, content: T): Facet<T> {
  return {
    _producer: PRODUCER,
    _schemaURL: `https://openlineage.io/spec/facets/${VERSIONS[name]}/${name}.json#/$defs/${name}`,
    ...content,
  };
}
