/** What a file's records may be like; each is a setting of the extractor, which the errors name. */
export interface ReadLimits {
  /** Greatest length of a record or line in bytes: LETHE_MAX_RECORD_BYTES. */
  readonly maxRecordBytes: number;
  /** Most fields in a row of CSV: LETHE_MAX_COLUMNS. */
  readonly maxColumns: number;
}
