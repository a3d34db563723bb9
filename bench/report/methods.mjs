/** How each part is measured, in short; results.md says it beside the figures. */
export const METHODS = {
  bulk:
    "The contenders run in turns on one installation (`lethe up` with its own durable PostgreSQL and Redis), each into the " +
    "same three tables, empty but for customers and products, and each round begins with another one; a ratio is of one " +
    "round. Lethe has loaded one day before, uncounted, as services that are up have. The floor is COPY of the rows that Lethe has loaded, in one transaction on one connection, commit included. " +
    "Lethe is measured from before the POST until the run is closed. The script reads, validates and " +
    "inserts 1,000 records at a time. The row-at-a-time loader asks for each key before it writes, every statement a " +
    "transaction of its own; it loads 10,000 transactions, and its time is scaled to all of them. Rows are counted after each.",
  "small-files":
    "20 days of hourly customers and transactions and daily products, 980 files of about 14 records, as a real month has " +
    "them; the jobs customers, products and transactions one after another by the API, services up. `perFileMs` is the " +
    "difference to the same records in one file for each dataset, divided by the difference in files.",
  "queue-share":
    "A bulk run's jobs are enqueued, worked on and ended once more, with the same flows, options and workers, but handlers " +
    "that do nothing else: the time of that, Redis' included, divided by the bulk run's. It overstates, since in a run most " +
    "of it happens while others work. The CPU seconds of redis-server during the run are beside it.",
  api:
    "autocannon asks at a fixed rate while a bulk run is at work. The POST is answered with 409 and the open run. Load and " +
    "services share the machine.",
  "cold-start":
    "`node scripts/start.mjs --once` on this checkout, installed and built, with the sample and a new DATA_DIR each time, so " +
    "that the making of the cluster is included; then once more in the last one.",
  "scale-out":
    "Services started one by one and bound to cores: one transformer on the first core, then two on a core each; the rest " +
    "and the servers on all. CPU seconds by stage are measured in the run with one transformer. The table is arithmetic " +
    "with them, an upper bound: it knows nothing of locks, of the log's disk, or of the network.",
  erasures:
    "100,000 customers come in one file, and 4 more in each of 1,000 hourly files. Then 10 people are erased, and 1,000 others, " +
    "each by one file of requests, in three rounds. Times are those of the runs, from the ledger: from the trigger on until every " +
    "erasure has its receipt. CPU seconds are those of all services and servers.",
  "big-file": "One line-delimited file of 2 GB; only the services' peaks of memory count.",
  linearity:
    "Ten times as much as in bulk; then as much more, once for each round, into the tables that are full by then; then the " +
    "same into empty ones, by the same services and servers. Each of these comes when the server's upkeep (vacuum, checkpoint) " +
    "of what was loaded before is done, and 4 GB of memory have been in use before. Times per transaction. The floor and the script load ten times as much once; what the " +
    "row-at-a-time loader would need is ten times its figure in bulk.",
};
