/** How far a run has come. */
export interface RunProgress {
  readonly files: { readonly done: number; readonly taken: number };
  readonly batches: { readonly done: number; readonly total: number };
  readonly rows: number;
  /** Over the last seconds. */
  readonly rowsPerSecond: number;
  readonly secondsLeft: number | null;
}
