import type { StagingTable, TableDeclaration } from "@lethe/contracts/data-map";
import { ConfigurationError } from "@lethe/contracts/errors";
import type { RejectReason } from "@lethe/contracts/reject-reasons";
import { isErasedId } from "@lethe/privacy/erased-id";
import { withoutInvisible, withoutNoise } from "@lethe/privacy/invisible-characters";
import { maskRecord } from "@lethe/privacy/mask-record";
import type { MaskingStrategy } from "@lethe/privacy/mask-value";
import { keyedHash, type PrivacyKey } from "@lethe/privacy/privacy-key";
import Type, { type TObject } from "typebox";
import { fullName } from "./cleaning/name.js";
import { cleanEmail } from "./cleaning/text.js";
import { csvJson, csvNumber, csvText } from "./csv-field.js";
import type { Dataset, ErasureRequests, Merge, Rejection, SampleSubject } from "./dataset.js";
import { explainCsvField } from "./explain-csv-field.js";
import type { FieldDeclaration } from "./field.js";
import { keepDeclared } from "./keep-declared.js";
import type { Masking } from "./masking.js";
import { customerIdOf, textFieldOf } from "./read-field.js";
import { isObject, shapeOf } from "./record-shape.js";
import { compileSchema } from "./schema-check.js";
import { emptiedRecord, isEmptied, unlinkRecord } from "./unlink-record.js";

/** What a dataset's folder declares; all else that Lethe does with the dataset follows from it. */
export interface DatasetDefinition {
  /** Also the stem of its files' names and the name of its job: lower case and hyphens. */
  readonly name: string;
  /** What its records are, in a few words for help texts and the API's description. */
  readonly description: string;
  /** The cron pattern that a new installation starts with. */
  readonly schedule: string;
  /** The datasets whose records this one's refer to. */
  readonly runsAfter: readonly string[];
  /** Raised when the contract changes, as semantic versioning says; `1.0.0` by default. */
  readonly version?: string;
  readonly contract: TObject;
  /** Other names under which the source may send a field. */
  readonly spellings?: Readonly<Record<string, string>>;
  /** The CSV columns that are not text; `decimals` are those of numbers that may have decimals, be they text or not. */
  readonly csv?: {
    readonly numbers?: readonly string[];
    readonly decimals?: readonly string[];
    readonly json?: readonly string[];
  };
  /** Every field of the input by path (`delivery_address.city`); a group may be declared as one field. */
  readonly fields: Readonly<Record<string, FieldDeclaration>>;
  /** Reasons under which a rejected record is kept masked even if its person is not suppressed. */
  readonly maskedReasons?: readonly RejectReason[];
  /** What the schema cannot say: undefined for a record that is right. */
  checkFurther?(record: unknown): Rejection | undefined;
  /** See `Dataset.identityOf`; by default the merge decides on records that come again. */
  identityOf?(record: unknown): string | null;
  readonly accept: Dataset["accept"];
  /** How the cleaned record differs from the input: fields of its own, and how those that follow from others are computed. */
  readonly processed?: {
    readonly fields?: Readonly<Record<string, MaskingStrategy>>;
    derive?(record: Readonly<Record<string, unknown>>): unknown;
  };
  /** See `Dataset.fold`. */
  readonly fold?: readonly string[];
  readonly stagingTables: readonly StagingTable[];
  readonly merge: Merge;
  readonly tables: readonly TableDeclaration[];
  readonly sample: (subject: SampleSubject) => unknown;
  readonly erasure?: ErasureRequests;
}

/**
 * Creates a dataset from its definition. Throws ConfigurationError if the definition contradicts itself: if a field
 * of the schema is not declared, a column holds a field that the dataset does not have, or the dataset runs after
 * itself. Also throws it if the name is not lower-case words with hyphens between them.
 */
export function defineDataset(definition: DatasetDefinition): Dataset {
  requireConsistency(definition);
  const { contract, fields, processed } = definition;
  const schema = compileSchema(contract);
  const shape = shapeOf(contract, definition.spellings);
  const idField = fieldThatIdentifies(fields, "customer-id");
  const emailField = fieldThatIdentifies(fields, "email");
  const nameFields = Object.keys(fields).filter((path) => {
    const field = fields[path];
    return field?.kind === "personal" && field.isName === true;
  });
  const numbers = new Set(definition.csv?.numbers);
  const json = new Set(definition.csv?.json);
  const csvValue = (name: string, raw: string) => {
    const field = withoutNoise(raw);
    return numbers.has(name) ? csvNumber(field) : json.has(name) ? csvJson(field) : csvText(field);
  };
  const derive = processed?.derive ?? ((record: unknown) => record);
  const recordIdField = Object.keys(fields).find((path) => fields[path]?.unlink === "record-id");
  const emptied = emptiedRecord(fields);
  // Of a record that is all about its person, an emptied form without order or gaps says the least.
  const holdsNothingElse = Object.values(fields).every(({ kind }) => kind !== "neither");
  const isNobodys = (record: unknown) => idField !== undefined && isErasedId(customerIdOf(record, idField));
  const recordIdOf = (record: unknown) =>
    (recordIdField === undefined ? null : cleanId(textFieldOf(record, recordIdField))) ?? null;
  const hashRecordId = (id: string, key: PrivacyKey) => keyedHash(key, "record-id", `${definition.name}\0${id}`);
  const recordHash: Dataset["recordHash"] = (record, key) => {
    // A record that no longer says whose it is has no id of its own either.
    const id = isNobodys(record) ? null : recordIdOf(record);
    return id === null ? null : hashRecordId(id, key);
  };
  /** The id that takes the place of the record's own; null in a dataset without one. Undefined: it must not count again. */
  const replacementOf = (record: unknown, masking: Masking) => {
    if (recordIdField === undefined) return null;
    if (isNobodys(record)) return recordIdOf(record) ?? undefined;
    const hash = recordHash(record, masking.key);
    return hash === null ? undefined : masking.replacementOf(hash);
  };
  return {
    name: definition.name,
    description: definition.description,
    schedule: definition.schedule,
    runsAfter: definition.runsAfter,
    version: definition.version ?? "1.0.0",
    contract,
    fields,
    nameFields,
    fenced: definition.erasure === undefined && Object.values(fields).some(({ kind }) => kind !== "neither"),
    maskedReasons: definition.maskedReasons ?? [],
    shape,
    csv: {
      columns: Object.keys(contract.properties),
      required: shape.wanted.filter(({ required }) => required).map(({ name }) => name),
      decimals: definition.csv?.decimals ?? [],
    },
    fromCsv: (row) => Object.fromEntries(Object.entries(row).map(([name, field]) => [name, csvValue(name, field)])),
    explainCsv: (record, rejection) => explainCsvField({ ...definition.csv, id: idField }, record, rejection),
    subjectOf: (record) => ({
      customerId: idField === undefined ? null : customerIdOf(record, idField),
      email: emailField === undefined ? null : cleanEmail(textFieldOf(record, emailField)),
      name: nameFields.length === 0 ? null : fullName(nameFields.map((path) => textFieldOf(record, path))),
    }),
    check: (record) => (schema.fits(record) ? definition.checkFurther?.(record) : schema.explain(record)),
    identityOf: definition.identityOf ?? (() => null),
    accept: definition.accept,
    mask(record, masking) {
      if (masking.outcome === "pseudonymise") {
        return isObject(record)
          ? maskRecord(keepDeclared(contract, fields, record), masking.strategies, masking.key)
          : null;
      }
      if (!isObject(record)) return emptied;
      const recordId = replacementOf(record, masking);
      if (recordId === undefined || holdsNothingElse) return emptied;
      return unlinkRecord({ fields }, keepDeclared(contract, fields, record), recordId);
    },
    maskProcessed(record, masking) {
      if (masking.outcome === "pseudonymise") {
        const masked = maskRecord(record, { ...masking.strategies, ...processed?.fields }, masking.key);
        return isObject(masked) ? derive(masked) : null;
      }
      if (!isObject(record)) return null;
      const recordId = replacementOf(record, masking);
      if (recordId === undefined) return null;
      const own = Object.keys(processed?.fields ?? {});
      return derive(unlinkRecord({ fields, own }, record, recordId));
    },
    recordHash,
    hashRecordId,
    recordIdOf,
    fold: definition.fold ?? null,
    registersSubjects: definition.tables.some(({ registersSubjects }) => registersSubjects === true),
    emptied,
    isEmptied: (record) => isEmptied(fields, record),
    stagingTables: definition.stagingTables,
    merge: definition.merge,
    tables: definition.tables,
    sample: definition.sample,
    ...(definition.erasure !== undefined && { erasure: definition.erasure }),
  };
}

/** A file may hold the id with characters that nobody sees; the record was taken without them. */
function cleanId(id: string | null): string | undefined {
  return id === null ? undefined : withoutInvisible(id).trim().toLowerCase();
}

function fieldThatIdentifies(fields: DatasetDefinition["fields"], of: "customer-id" | "email"): string | undefined {
  return Object.keys(fields).find((path) => {
    const field = fields[path];
    return field?.kind === "identifying" && field.of === of;
  });
}

/** A group is declared as a whole, or field by field to the last. */
function undeclaredFields(schema: TObject, fields: DatasetDefinition["fields"], prefix: string): string[] {
  return Object.entries(schema.properties).flatMap(([name, property]) => {
    const path = `${prefix}${name}`;
    if (Object.hasOwn(fields, path)) return [];
    const isGroup = Type.IsObject(property) && Object.keys(fields).some((declared) => declared.startsWith(`${path}.`));
    return isGroup ? undeclaredFields(property, fields, `${path}.`) : [path];
  });
}

function requireConsistency({ name, contract, fields, tables, runsAfter }: DatasetDefinition): void {
  const problems = undeclaredFields(contract, fields, "").map(
    (field) => `its field ${field} is not declared personal, identifying or neither`,
  );
  for (const table of tables) {
    for (const [column, declared] of Object.entries(table.columns)) {
      const field = declared.kind === "neither" ? undefined : declared.field;
      if (field !== undefined && !Object.hasOwn(fields, field)) {
        problems.push(`column ${table.name}.${column} holds the field ${field}, which the dataset does not have`);
      }
    }
  }
  if (!/^[a-z]+(-[a-z]+)*$/.test(name)) problems.push("its name is not lower-case words with hyphens between them");
  if (runsAfter.includes(name)) problems.push("it runs after itself");
  if (problems.length > 0)
    throw new ConfigurationError(`the dataset ${name} is declared wrongly: ${problems.join("; ")}`);
}
