// The container's health check: exit code 0 when the service beside it, its database and its Redis answer.
const { LETHE_HEALTH_PORT } = process.env;
const WITHIN_MS = 4_000;

try {
  const answer = await fetch(`http://127.0.0.1:${LETHE_HEALTH_PORT}/readyz`, {
    signal: AbortSignal.timeout(WITHIN_MS),
  });
  console.log(await answer.text());
  process.exitCode = answer.ok ? 0 : 1;
} catch {
  console.log("no answer");
  process.exitCode = 1;
}
