import { statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { ConfigurationError } from "@lethe/contracts/errors";
import type { RunEvent } from "@lethe/lineage/openlineage/run-event";
import type { Telling } from "@lethe/warehouse/ledger/run-transitions";
import type { SchedulerSettings } from "../settings.js";
import { appendEvent } from "./append-event.js";
import { postEvent } from "./post-event.js";

/** Takes an event to where events go. It never throws. `signal` cuts it off. */
export type DeliverEvent = (event: RunEvent, signal: AbortSignal) => Promise<Telling>;

export interface EventOutput {
  readonly deliver: DeliverEvent;
  /** Of jobs and files. */
  readonly namespace: string;
}

type OpenLineageSettings = Pick<
  SchedulerSettings,
  | "LETHE_OPENLINEAGE_URL"
  | "LETHE_OPENLINEAGE_ENDPOINT"
  | "LETHE_OPENLINEAGE_API_KEY"
  | "LETHE_OPENLINEAGE_FILE"
  | "LETHE_OPENLINEAGE_NAMESPACE"
  | "LETHE_FILES_GROUP_READABLE"
>;

/** Returns where run events go by the settings; undefined where nobody wants them. Throws ConfigurationError for half of a place, and for two. */
export function readEventOutput(settings: OpenLineageSettings): EventOutput | undefined {
  const { LETHE_OPENLINEAGE_URL: url, LETHE_OPENLINEAGE_FILE: file, LETHE_OPENLINEAGE_API_KEY: apiKey } = settings;
  const { LETHE_OPENLINEAGE_ENDPOINT: endpoint, LETHE_OPENLINEAGE_NAMESPACE: namespace } = settings;
  if (url !== undefined && file !== undefined) {
    throw new ConfigurationError(
      "run events go to LETHE_OPENLINEAGE_URL or to LETHE_OPENLINEAGE_FILE; set one of them",
    );
  }
  if (url === undefined && (apiKey !== undefined || endpoint !== undefined)) {
    throw new ConfigurationError(
      "LETHE_OPENLINEAGE_ENDPOINT and LETHE_OPENLINEAGE_API_KEY are of no use without LETHE_OPENLINEAGE_URL",
    );
  }
  if (url !== undefined) {
    const address = addressOf(url, endpoint ?? DEFAULT_ENDPOINT);
    return { namespace, deliver: (event, signal) => postEvent(address, apiKey, event, signal) };
  }
  if (file === undefined) return undefined;
  const path = resolve(file);
  requireFile(path);
  const mode = settings.LETHE_FILES_GROUP_READABLE ? 0o640 : 0o600;
  return { namespace, deliver: (event) => appendEvent(path, mode, event) };
}

/** That of OpenLineage's own clients. */
const DEFAULT_ENDPOINT = "api/v1/lineage";

function addressOf(url: string, endpoint: string): string {
  if (!URL.canParse(url)) throw new ConfigurationError("LETHE_OPENLINEAGE_URL is no URL");
  const address = new URL(url);
  if (address.username !== "" || address.password !== "") {
    throw new ConfigurationError(
      "LETHE_OPENLINEAGE_URL must not hold a user or a password; a key is given as LETHE_OPENLINEAGE_API_KEY",
    );
  }
  address.pathname = `${address.pathname.replace(/\/+$/, "")}/${endpoint.replace(/^\/+/, "")}`;
  address.hash = "";
  return address.href;
}

function requireFile(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found !== undefined && !found.isFile()) {
    throw new ConfigurationError("LETHE_OPENLINEAGE_FILE must name a file: what is there is something else");
  }
  if (statSync(dirname(path), { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new ConfigurationError("the folder of LETHE_OPENLINEAGE_FILE is not there; create it");
  }
}
