/** What npm writes when no registry answered, or the one that answered has no such package. */
const NO_ANSWER =
  /\b(?:E404|E403|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|ENOTCACHED|ENOTFOUND|ETIMEDOUT|ERR_SOCKET_TIMEOUT)\b/;

/** A job's row in the table that `lethe up` prints: state, files taken, already loaded and quarantined, records in, loaded, rejected. */
const PRINTED_ROW = /^([a-z-]+) +([a-z]+) +([\d,]+) +([\d,]+) +([\d,]+) +([\d,]+) +([\d,]+) +([\d,]+) /gm;
/** A dataset's row in the README of the sample: files, records, loaded, rejected. */
const EXPECTED_ROW = /^\| ([a-z-]+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$/gm;

/** Returns the code by which npm says that no registry brought a package; undefined when it failed for another reason. */
export function registryProblem(output) {
  return NO_ANSWER.exec(output)?.[0];
}

/**
 * Compares what a start with the sample came to with what the sample's README promises. Returns what differs, in lines for
 * people; an empty list when all is as it must be. An exit code of null stands for a timeout.
 */
export function smokeProblems({ exitCode, output }, readme) {
  const problems = [];
  if (exitCode === null) problems.push("it did not end in time");
  else if (exitCode !== 0) problems.push(`the exit code is ${exitCode} instead of 0`);
  const printed = new Map([...output.matchAll(PRINTED_ROW)].map(([, job, ...cells]) => [job, cells]));
  const expected = [...readme.matchAll(EXPECTED_ROW)];
  if (expected.length === 0) problems.push("the sample's README holds no table of counts");
  for (const [, dataset, files, records, loaded, rejected] of expected) {
    const wanted = `succeeded, files ${files}, records ${records}, loaded ${loaded}, rejected ${rejected}`;
    const found = describe(printed.get(dataset));
    if (found !== wanted) problems.push(`${dataset}: expected ${wanted}; found ${found}`);
  }
  return problems;
}

function describe(cells) {
  if (cells === undefined) return "no row";
  const [state, files, , , records, loaded, rejected] = cells.map((cell) => cell.replaceAll(",", ""));
  return `${state}, files ${files}, records ${records}, loaded ${loaded}, rejected ${rejected}`;
}
