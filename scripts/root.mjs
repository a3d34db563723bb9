import path from "node:path";
import { fileURLToPath } from "node:url";

/** The checkout's top folder. */
export const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Returns the path of a tool that the install has brought. */
export function tool(name) {
  return path.join(ROOT, "node_modules", ".bin", process.platform === "win32" ? `${name}.cmd` : name);
}

/** Returns the environment in which tools find each other, and send nothing home. */
export function toolEnvironment() {
  const bin = path.join(ROOT, "node_modules", ".bin");
  return { ...process.env, PATH: `${bin}${path.delimiter}${process.env.PATH ?? ""}`, TURBO_TELEMETRY_DISABLED: "1" };
}
