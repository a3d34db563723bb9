/** The stages whose work is cut up by batches, so that any number of processes shares it. */
const SHARED_STAGES = ["transformer", "loader"];

/**
 * Describes what throughput so many machines could have, on paper. `stageCosts` are CPU seconds for 300,000 transactions by stage,
 * `cores` those of each machine, `databaseCores` those of the machine that PostgreSQL has. One machine holds everything; from
 * two on PostgreSQL and Redis have the first one, the extractor has a core of the others, the transformers and loaders the
 * rest. A run is extracted by one process on one core, and PostgreSQL's work is thought to spread over its cores.
 *
 * Returns transactions a second, and the stage that is the limit.
 */
export function scaleOutModel(stageCosts, machines, cores, databaseCores = cores) {
  const limits =
    machines === 1 ? limitsOfOne(stageCosts, cores) : limitsOfMany(stageCosts, machines, cores, databaseCores);
  const [limit, throughput] = Object.entries(limits).reduce((least, one) => (one[1] < least[1] ? one : least));
  return { throughput, limit };
}

const UNIT = 300_000;

function limitsOfOne(costs, cores) {
  const all = Object.values(costs).reduce((sum, cost) => sum + cost, 0);
  return { "the machine's cores": (UNIT * cores) / all, "the extractor, one for a run": UNIT / costs.extractor };
}

function limitsOfMany(costs, machines, cores, databaseCores) {
  const shared = SHARED_STAGES.reduce((sum, stage) => sum + costs[stage], 0);
  const workers = (machines - 1) * cores - 1;
  return {
    "transformers and loaders": (UNIT * workers) / shared,
    "the extractor, one for a run": UNIT / costs.extractor,
    "PostgreSQL's cores": (UNIT * databaseCores) / costs.postgres,
    "Redis, on one core": UNIT / Math.max(costs.redis, Number.EPSILON),
  };
}
