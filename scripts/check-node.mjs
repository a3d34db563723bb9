/** The supported versions, and the first release of each that the packages run on. */
const SUPPORTED = new Map([
  [22, 12],
  [24, 0],
  [26, 0],
]);
/** The first release that starts at all. Node 20 gets no more security fixes, but some machines have nothing newer. */
const OLDEST_MAJOR = 20;
const OLDEST_MINOR = 19;
const ADVICE = "Install Node 24 from https://nodejs.org";

/** Ends the process when its Node is too old for what follows, and prints a warning when it is not a supported version. */
export function checkNode() {
  const { starts, message } = assessNode(process.versions.node);
  if (message !== undefined) console.error(message);
  if (!starts) process.exit(1);
}

/** Returns whether Lethe starts on a version of Node such as `24.1.0`, and the message for the user where there is one. */
export function assessNode(version) {
  const [major, minor] = version.split(".").map(Number);
  const neededMajor = Math.max(major, OLDEST_MAJOR);
  const neededMinor = neededMajor === OLDEST_MAJOR ? OLDEST_MINOR : (SUPPORTED.get(major) ?? 0);
  if (major < neededMajor || minor < neededMinor) {
    return {
      starts: false,
      message: `Lethe needs Node ${neededMajor}.${neededMinor} or newer; this is ${version}. ${ADVICE}, and try again.`,
    };
  }
  if (SUPPORTED.has(major)) return { starts: true, message: undefined };
  const supported = [...SUPPORTED.keys()];
  const reason = major < supported[0] ? "gets no more security fixes" : "has not been tested with Lethe";
  return {
    starts: true,
    message: `Warning: Node ${version} ${reason}. Lethe supports Node ${supported.join(", ")}. ${ADVICE}.`,
  };
}
