/**
 * Returns what a file is known by from landing to the archive: its partition and dataset, of which a feed has one file each.
 * The archive names files itself.
 */
export function fileKey(path: string): string {
  return /^date=[^/]+\/hour=\d+\/[a-z-]+/.exec(path)?.[0] ?? path;
}
