const OLDEST = [20, 19];

/** Ends the process with a clear message when Node is too old for what follows. Runs on old versions itself. */
export function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return;
  console.error(
    `Lethe needs Node ${OLDEST.join(".")} or newer; this is ${process.versions.node}. See https://nodejs.org`,
  );
  process.exit(1);
}
