/**
 * Reports whether a file or folder of this name is passed over in landing: it is hidden, still being written by the program
 * that brings it, made by an operating system or an editor for itself, or a marker or checksum beside a file. None of these is
 * input, and nobody needs to hear of them.
 */
export function isClutter(name: string): boolean {
  const plain = name.toLowerCase();
  return (
    plain.startsWith(".") || // hidden; `._x` and `.DS_Store` of macOS, `.nfs…`, `.x.swp`
    plain.startsWith("~$") || // the lock of an office program
    plain.endsWith("~") || // the copy that an editor keeps
    SYSTEM_NAMES.has(plain) ||
    JOB_MARKER.test(plain) ||
    UNFINISHED_OR_BESIDE.test(plain)
  );
}

const SYSTEM_NAMES: ReadonlySet<string> = new Set([
  ...["thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "__macosx"],
  ...["lost+found", "$recycle.bin", "system volume information", "@eadir", "#recycle"],
  "readme.md",
]);

/** What Spark, Hadoop and Hive write beside their output: `_SUCCESS`, `_temporary`, `_started_123`. */
const JOB_MARKER =
  /^_(?:success|temporary|started|committed|metadata|common_metadata|spark_metadata|impala_insert_staging)/;

const UNFINISHED_OR_BESIDE = new RegExp(
  `\\.(?:${[
    ...[
      "tmp",
      "temp",
      "part",
      "partial",
      "filepart",
      "crdownload",
      "download",
      "uploading",
      "inprogress",
      "incomplete",
    ],
    ...["swp", "swo", "swx", "lock", "lck"],
    ...["done", "ready", "crc", "md5", "sha1", "sha256", "sha512"],
  ].join("|")})$`,
);
