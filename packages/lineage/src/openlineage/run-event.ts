import { type Partition, parseRangeEnd, partitionPath, partitionStart } from "@lethe/contracts/partition";
import type { LoadingKind, Run } from "@lethe/contracts/runs";
import type { Dataset } from "@lethe/datasets/dataset";
import type { DatabasePlace } from "@lethe/warehouse/database-place";
import type { RunInput, RunInputs } from "@lethe/warehouse/ledger/run-inputs";
import type { RunTransition } from "@lethe/warehouse/ledger/run-transitions";
import { attemptId } from "./attempt-id.js";
import {
  type ColumnLineageFacet,
  columnLineage,
  inputSchema,
  type SchemaFacet,
  tableSchema,
} from "./dataset-facets.js";
import { type Facet, facet, PRODUCER } from "./facet.js";

/** A run event of OpenLineage 2-0-2, as far as Lethe has something to say. */
export interface RunEvent {
  readonly eventTime: string;
  readonly eventType: "START" | "COMPLETE" | "FAIL" | "ABORT";
  readonly producer: string;
  readonly schemaURL: string;
  readonly run: { readonly runId: string; readonly facets: RunFacets };
  readonly job: { readonly namespace: string; readonly name: string; readonly facets: JobFacets };
  readonly inputs: readonly InputDataset[];
  readonly outputs: readonly OutputDataset[];
}

interface RunFacets {
  readonly processing_engine: Facet<{ readonly name: string; readonly version: string }>;
  readonly tags: Facet<{ readonly tags: readonly Tag[] }>;
  readonly nominalTime?: Facet<{ readonly nominalStartTime: string; readonly nominalEndTime?: string }>;
  readonly errorMessage?: Facet<{ readonly message: string; readonly programmingLanguage: string }>;
}

interface Tag {
  readonly key: string;
  readonly value: string;
  readonly source: "LETHE";
}

interface JobFacets {
  readonly jobType: Facet<{ readonly processingType: "BATCH"; readonly integration: "LETHE"; readonly jobType: "JOB" }>;
  readonly documentation: Facet<{ readonly description: string }>;
}

type Statistics = Facet<{ readonly rowCount?: number; readonly size?: number; readonly fileCount?: number }>;

interface InputDataset {
  readonly namespace: string;
  readonly name: string;
  readonly facets?: { readonly schema?: SchemaFacet; readonly dataSource?: DataSource };
  readonly inputFacets: { readonly inputStatistics: Statistics };
}

interface OutputDataset {
  readonly namespace: string;
  readonly name: string;
  readonly facets?: {
    readonly schema?: SchemaFacet;
    readonly columnLineage?: ColumnLineageFacet;
    readonly dataSource?: DataSource;
  };
  readonly outputFacets?: { readonly outputStatistics: Statistics };
}

type DataSource = Facet<{ readonly name: string; readonly uri: string }>;

/** A run that loads what it takes. */
export type LoadingRun = Run & { readonly kind: LoadingKind };

/** What all events of an installation have in common. */
export interface EventSource {
  /** Of jobs and files. */
  readonly namespace: string;
  readonly version: string;
}

/** What a run has read and written until it ended. */
export interface RunOutcome {
  readonly inputs: RunInputs;
  readonly place: DatabasePlace;
  /** The types of columns, by table and column. */
  readonly columnTypes: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

/** The most input files that an event names. */
export const MOST_INPUTS = 100;

/**
 * Creates the event of a transition: references, names of Lethe's own making, declarations and counts. With an outcome, which the end of
 * a run has, it names inputs and outputs.
 */
export function runEvent(
  source: EventSource,
  dataset: Dataset,
  run: LoadingRun,
  transition: RunTransition,
  outcome?: RunOutcome,
): RunEvent {
  const { runId, attempt, what, at } = transition;
  return {
    eventTime: at.toISOString(),
    eventType: EVENT_TYPES[what],
    producer: PRODUCER,
    schemaURL: "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
    run: { runId: attemptId(runId, attempt), facets: runFacets(source, run, transition, outcome) },
    job: {
      namespace: source.namespace,
      // Runs of another kind have inputs and times of their own, and are no later runs of the schedule.
      name: run.kind === "files" ? dataset.name : `${dataset.name}.${run.kind}`,
      facets: {
        jobType: facet("JobTypeJobFacet", { processingType: "BATCH", integration: "LETHE", jobType: "JOB" }),
        documentation: facet("DocumentationJobFacet", { description: `${PURPOSES[run.kind]} ${dataset.description}` }),
      },
    },
    inputs: outcome === undefined ? [] : inputsOf(source, dataset, run, outcome),
    outputs: outcome === undefined ? [] : outputsOf(source, dataset, run, outcome),
  };
}

const EVENT_TYPES: Readonly<Record<RunTransition["what"], RunEvent["eventType"]>> = {
  started: "START",
  succeeded: "COMPLETE",
  succeeded_with_warnings: "COMPLETE",
  failed: "FAIL",
  cancelled: "ABORT",
};

const PURPOSES: Readonly<Record<LoadingKind, string>> = {
  files: "Loads files of",
  replay: "Loads records from quarantine of",
  backfill: "Loads archived files again of",
};

function runFacets(
  { version }: EventSource,
  run: LoadingRun,
  { runId, attempt, what, error }: RunTransition,
  outcome: RunOutcome | undefined,
): RunFacets {
  const nominalTime = nominalTimeOf(run, outcome?.inputs);
  const leftOut = outcome === undefined ? 0 : outcome.inputs.total - outcome.inputs.files.length;
  const tags: (readonly [key: string, value: string])[] = [
    ["lethe_run", runId],
    ["attempt", String(attempt)],
    ["kind", run.kind],
    ["trigger", run.trigger],
    ...(what === "started" ? [] : [["state", what] as const]),
    ...(what === "succeeded_with_warnings" ? run.warnings.map(({ code }) => ["warning", code] as const) : []),
    ...(leftOut > 0 ? [["inputs_left_out", String(leftOut)] as const] : []),
  ];
  return {
    processing_engine: facet("ProcessingEngineRunFacet", { name: "Lethe", version }),
    tags: facet("TagsRunFacet", { tags: tags.map(([key, value]) => ({ key, value, source: "LETHE" })) }),
    ...(nominalTime !== undefined && { nominalTime: facet("NominalTimeRunFacet", nominalTime) }),
    ...(error !== null &&
      what === "failed" && {
        errorMessage: facet("ErrorMessageRunFacet", {
          message: `${error.code}: ${error.message}`,
          programmingLanguage: "TypeScript",
        }),
      }),
  };
}

/** Returns the time that the range of partitions covers which was asked for, or else the one that came. */
function nominalTimeOf(
  { from, to }: LoadingRun,
  inputs: RunInputs | undefined,
): { readonly nominalStartTime: string; readonly nominalEndTime?: string } | undefined {
  const first = from === null ? inputs?.firstPartition : parseRangeEnd(from, "from");
  const last = to === null ? inputs?.lastPartition : parseRangeEnd(to, "to");
  if (first === undefined || first === null) return undefined;
  const nominalStartTime = partitionStart(first);
  // A range may begin after all that there is.
  if (last === undefined || last === null || endOf(last) <= nominalStartTime) return { nominalStartTime };
  return { nominalStartTime, nominalEndTime: endOf(last) };
}

/** Returns the first instant behind a partition, in the form of `partitionStart`. */
function endOf(partition: Partition): string {
  return new Date(Date.parse(partitionStart(partition)) + 3_600_000).toISOString().replace(".000Z", "Z");
}

function inputsOf(
  source: EventSource,
  dataset: Dataset,
  run: LoadingRun,
  { inputs, place }: RunOutcome,
): InputDataset[] {
  const isReplay = run.kind === "replay";
  return [
    {
      namespace: source.namespace,
      name: feedOf(dataset),
      facets: { schema: inputSchema(dataset) },
      inputFacets: {
        inputStatistics: facet("InputStatisticsInputDatasetFacet", {
          rowCount: run.records.in,
          // A replay reads single lines of them.
          ...(!isReplay && { size: inputs.bytes }),
          fileCount: inputs.total,
        }),
      },
    },
    ...(isReplay
      ? [
          {
            ...tableOf(place, QUARANTINE),
            inputFacets: {
              inputStatistics: facet("InputStatisticsInputDatasetFacet", { rowCount: run.records.in }),
            },
          },
        ]
      : []),
    ...inputs.files.map((file) => ({
      namespace: source.namespace,
      name: fileName(file),
      inputFacets: {
        inputStatistics: facet("InputStatisticsInputDatasetFacet", {
          rowCount: file.records,
          ...(!isReplay && { size: file.bytes, fileCount: 1 }),
        }),
      },
    })),
  ];
}

const QUARANTINE = "ledger.quarantine";

/** All that senders deliver of a dataset: what columns come from, whichever file it was. */
function feedOf({ name }: Dataset): string {
  return `landing/${name}`;
}

/** Returns the name of a file: by its partition and number, as the archive has it. Its sender's name for it could hold anything. */
function fileName({ dataset, partition, fileId }: RunInput): string {
  return `${partitionPath(partition)}/${dataset}.${fileId}`;
}

function outputsOf(
  source: EventSource,
  dataset: Dataset,
  run: LoadingRun,
  { place, columnTypes }: RunOutcome,
): OutputDataset[] {
  const written = (rowCount: number) => ({
    outputStatistics: facet("OutputStatisticsOutputDatasetFacet", { rowCount }),
  });
  const feed = { namespace: source.namespace, name: feedOf(dataset) };
  // Sums that erasures leave come from no record.
  const tables = dataset.tables.filter(({ adds }) => adds === undefined);
  return [
    ...tables.map((table, i) => {
      const named = tableOf(place, table.name);
      return {
        ...named,
        facets: {
          ...named.facets,
          schema: tableSchema(table, columnTypes.get(table.name) ?? {}),
          columnLineage: columnLineage(dataset, table, feed),
        },
        // The others hold parts and older versions of these records.
        ...(i === 0 && { outputFacets: written(run.records.loaded) }),
      };
    }),
    { namespace: source.namespace, name: `processed_data/${dataset.name}`, outputFacets: written(run.records.loaded) },
    ...(run.records.rejected > 0
      ? [{ ...tableOf(place, QUARANTINE), outputFacets: written(run.records.rejected) }]
      : []),
  ];
}

function tableOf({ server, database }: DatabasePlace, table: string) {
  return {
    namespace: server,
    name: `${database}.${table}`,
    facets: {
      dataSource: facet("DatasourceDatasetFacet", { name: server, uri: `${server}/${encodeURIComponent(database)}` }),
    },
  };
}
