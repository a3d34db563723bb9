import type { Seam } from "./seam.js";

/** A part of the search for a person, and what replaces it when it is switched off. */
export interface ErasureMutation {
  readonly part: string;
  readonly seam: Seam;
}

/** The parts of the search and of the closure. Whichever is switched off, somebody who was planted must be found. */
export const ERASURE_MUTATIONS: readonly ErasureMutation[] = [
  {
    part: "records lead from one identifier to the next",
    seam: { module: "packages/erasure/src/subject-graph.ts", name: "createSubjectGraph", mutant: "connectNothing" },
  },
  {
    part: "identifiers that arrive later join their subject",
    seam: { module: "packages/erasure/src/take-joined.ts", name: "takeJoined", mutant: "joinNothing" },
  },
  {
    part: "escapes are decoded",
    seam: { module: "packages/privacy/src/decoded-forms.ts", name: "decodedForms", mutant: "decodeNothing" },
  },
  {
    part: "normal forms and invisible characters are folded",
    seam: { module: "packages/privacy/src/fold-text.ts", name: "foldText", mutant: "foldCaseAlone" },
  },
  {
    part: "identifiers are redacted in other people's records",
    seam: { module: "packages/datasets/src/redact-in-record.ts", name: "redactInRecord", mutant: "returnNothing" },
  },
  {
    part: "all tables are searched",
    seam: { module: "packages/erasure/src/search-tables.ts", name: "searchTables", mutant: "doNothing" },
  },
  {
    part: "files are searched",
    seam: { module: "packages/erasure/src/erase-person-files.ts", name: "erasePersonFiles", mutant: "doNothing" },
  },
  {
    part: "files that come back are masked before they are archived",
    seam: { module: "packages/erasure/src/mask-arrived-files.ts", name: "maskClaimedFiles", mutant: "doNothing" },
  },
  {
    part: "unreadable files are masked or sealed on arrival",
    seam: { module: "packages/erasure/src/mask-arrived-files.ts", name: "maskQuarantinedFiles", mutant: "doNothing" },
  },
  {
    part: "what cannot be searched is sealed",
    seam: { module: "packages/erasure/src/is-searchable.ts", name: "isSearchable", mutant: "returnTrue" },
  },
  {
    part: "mentions are redacted on arrival",
    seam: {
      module: "services/transformer/src/redact-mentions.ts",
      name: "createMentionRedaction",
      mutant: "leaveMentions",
    },
  },
];
