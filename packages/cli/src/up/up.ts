import { access, constants } from "node:fs/promises";
import path from "node:path";
import { abortable } from "@lethe/contracts/abortable";
import { ConfigurationError, ServerEndedError } from "@lethe/contracts/errors";
import { explainFileError } from "@lethe/contracts/file-errors";
import { hasSystemCode } from "@lethe/contracts/system-error";
import { diagnose } from "@lethe/doctor/diagnose";
import type { PrivacyKeySource } from "@lethe/doctor/doctor-settings";
import { requireKnownKeys } from "@lethe/doctor/require-known-keys";
import { passwordFileOf } from "@lethe/local-stack/postgres-server";
import { ownerMark } from "@lethe/local-stack/process-lock";
import { type LocalStack, startLocalStack } from "@lethe/local-stack/start-local-stack";
import { requireRedis } from "@lethe/service-kit/check-redis";
import { hasWorkers } from "@lethe/service-kit/installation-in-redis";
import type { RedisAccess } from "@lethe/service-kit/redis-address";
import type { Environment } from "@lethe/service-kit/settings";
import { type DataFolder, openDataFolder } from "@lethe/storage/data-folder";
import { fileModes, makeFolders } from "@lethe/storage/file-modes";
import { AREA_FOLDERS } from "@lethe/storage/folder-names";
import { openFolderStorage } from "@lethe/storage/folder-storage";
import { withSessionLock } from "@lethe/warehouse/advisory-lock";
import { joinInstallation, readInstallation, type Succession, succeedFolder } from "@lethe/warehouse/installation";
import { migrate, planMigration } from "@lethe/warehouse/migrate";
import { readSteps } from "@lethe/warehouse/migration-steps";
import { requireDatabase } from "@lethe/warehouse/require-database";
import { behind } from "@lethe/warehouse/schema-version";
import type { CommandContext } from "../command-context.js";
import { type ConnectionSettings, dataDirectory } from "../connection-settings.js";
import { type Connections, withConnections, withDatabase } from "../connections.js";
import { doctorSettings, privacyKeySource } from "../doctor-settings.js";
import { EXIT, type ExitCode, exitCodeOf } from "../exit-codes.js";
import { formatFinding } from "../present/doctor.js";
import { summarizeErasures } from "../present/erasures.js";
import { formatPlan } from "../present/migration.js";
import { formatRuns } from "../present/runs.js";
import { formatCopied, formatPlaces, formatStep, withoutEmptyRuns } from "../present/up.js";
import { removeRunningStack, stackFile, writeRunningStack } from "../stack-file.js";
import type { Terminal } from "../terminal.js";
import { choosePort } from "./choose-port.js";
import { clearOrphanedJobs } from "./clear-orphaned-jobs.js";
import { copyDatabase, dropOldCopies } from "./copy-database.js";
import { InterruptedError } from "./interrupted-error.js";
import { ensurePrivacyKey } from "./privacy-key-file.js";
import { runAllJobs } from "./run-all-jobs.js";
import { type DataFolders, readUpSettings, type UpSettings } from "./settings.js";
import { ensureSigningKey } from "./signing-key-file.js";
import { type Services, startServices } from "./start-services.js";
import { listenForStop } from "./stop-request.js";
import { takeFolder, upLock } from "./take-folder.js";

export interface UpOptions {
  /** Exit when the jobs are done. */
  readonly once: boolean;
  /** Port of the API; overrules LETHE_PORT. */
  readonly port: number | undefined;
}

type Context = Pick<CommandContext, "datasets" | "environment" | "terminal">;

/**
 * Brings all of Lethe up on this machine, runs the four jobs once over a copy of the input, and stays up until it is
 * asked to stop. Returns the exit code; throws what kept it from running, such as AlreadyRunningError. Whatever it started is
 * stopped at its end, whatever that is.
 */
export async function up(options: UpOptions, context: Context): Promise<ExitCode> {
  const settings = readUpSettings(context.environment);
  const { folders, isGroupReadable } = settings;
  const storage = openFolderStorage(folders.data, { isGroupReadable });
  await storage.requireInput(settings.input);
  const folder = openDataFolder(folders.data, { isGroupReadable });
  // Before anything is put there.
  const isNewFolder = await folder.isNew();
  await folder.requireUsable();
  await makeUpFolders(folders, isGroupReadable);

  const { terminal } = context;
  const stopRequest = await listenForStop(context.environment, (what) =>
    terminal.note(`${what}: stopping; a second signal ends at once`),
  );
  const { signal } = stopRequest;
  const undo: (() => Promise<void>)[] = [];
  try {
    const lock = await takeFolder(folders.data);
    const { owner } = lock;
    undo.push(
      () => lock.release(),
      () => removeRunningStack(folders.data, owner),
    );
    if (settings.redis !== undefined) await checkGivenRedis(settings.redis, settings.queuePrefix, terminal);
    if (settings.databaseUrl !== undefined) await requireDatabase(settings.databaseUrl);
    const copying = timed(() => storage.copyInput(settings.input, signal));
    copying.catch(stopRequest.fail);
    undo.push(() => copying.then(ignore, ignore));

    const stack = await startLocalStack({
      directory: folders.stack,
      databaseUrl: settings.databaseUrl,
      redisUrl: settings.redis?.url,
      onNote: (note) => terminal.note(note),
      onStep: (done, ms) => terminal.note(formatStep(done, ms)),
      onFailure: (problem) => stopRequest.fail(new ServerEndedError(`${problem}; its log is in ${folders.stack}`)),
      files: [upLock(folders.data), stackFile(folders.data)].map((file) => ({ file, mark: ownerMark(owner) })),
    });
    undo.push(() => stack.stop());
    const { queuePrefix } = settings;
    const { databaseUrl, redisUrl } = stack;
    const servers = { databaseUrl, redis: settings.redis ?? { url: redisUrl }, queuePrefix };
    const running = { ...owner, databaseUrl, redisUrl, queuePrefix };
    await writeRunningStack(folders.data, running);
    const schema = await timed(() => prepareSchema(stack, context));
    terminal.note(formatStep("Checked the schema", schema.ms));
    // Beside the start of the services, which takes longer.
    const looking = noteFindings(context);
    undo.push(() => looking);
    const keys = privacyKeySource(context.environment, folders.data, settings.hasPrivacyKey);
    // What a schedule has missed is run as soon as the scheduler is there: it is to find the input.
    const { result: copied, ms: copyMs } = await abortable(copying, signal);
    terminal.note(formatCopied(copied, settings.input, copyMs));
    const { result: address, ms: servicesMs } = await timed(() =>
      whileNoOtherStarts(databaseUrl, terminal, signal, async () => {
        await withConnections(servers, (connections) => joinFolder(connections, folder, isNewFolder, keys, terminal));
        // A Redis of one's own has no other users; one that was given may have services at work.
        if (stack.redis !== "given") await withConnections(servers, ({ queues }) => clearOrphanedJobs(queues));

        signal.throwIfAborted();
        const services = await startAllServices(options, settings, servers, context, stopRequest.fail);
        undo.push(() => services.stop());
        const keeperPid = await stack.lookAfter(services);
        if (keeperPid !== undefined) await lock.record(keeperPid, services.pids);
        return abortable(services.ready, signal);
      }),
    );
    terminal.note(formatStep("Started the four services", servicesMs));
    if (address !== null) {
      await writeRunningStack(folders.data, { ...running, address });
      if (!options.once) terminal.note(`Open the console while the input is taken in: ${address}/`);
    }

    const result = await withConnections(servers, (connections) =>
      runAllJobs(connections, context.datasets.names, terminal, signal),
    );
    const erasures = summarizeErasures(result.erasures, result.receiptNumbers);
    terminal.print(`\n${formatRuns(withoutEmptyRuns(result.runs))}\n${erasures === "" ? "" : `\n${erasures}\n`}`);
    const code = exitCodeOf(result.own, copied.failures.length === 0);
    if (!options.once && address !== null) {
      terminal.print(formatPlaces({ ...placesOf(settings, stack), address, needsToken: hasToken(context) }));
    }
    if (!options.once) await untilStopped(signal);
    return code;
  } catch (error) {
    stopRequest.fail(error);
    // What failed because the servers or services were gone is no news: why they are is.
    const reason: unknown = signal.reason;
    if (!(reason instanceof InterruptedError)) throw reason;
    return EXIT.interrupted;
  } finally {
    await undoAll(undo);
    stopRequest.release();
  }
}

/**
 * Brings the schema up to date. Before a step that rewrites or deletes what there is, it copies a database of its own, and refuses
 * one of the user's, who may not have a backup.
 */
async function prepareSchema({ databaseUrl, postgres }: LocalStack, { datasets, terminal }: Context): Promise<void> {
  const plan = await planMigration(databaseUrl);
  for (const line of formatPlan(plan)) terminal.note(line);
  const isOwn = postgres === "embedded";
  if (plan.irreversible.length > 0) {
    if (!isOwn) throw behind(readSteps(), plan.applied, plan.pending);
    terminal.note(await copyDatabase(databaseUrl, plan.newestStep));
  } else if (isOwn) {
    await dropOldCopies(databaseUrl);
  }
  await migrate(databaseUrl, datasets.database);
}

/** Goes through all steps, the last first, also when one of them fails; throws what the first of those threw. */
async function undoAll(steps: readonly (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const step of steps.toReversed()) await step().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}

/** Creates the folders below DATA_DIR that the services do not make. Throws ConfigurationError, which names the one that cannot be. */
async function makeUpFolders(folders: DataFolders, isGroupReadable: boolean): Promise<void> {
  for (const folder of Object.values(folders)) {
    try {
      await makeFolders(folder, fileModes(isGroupReadable));
      await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    } catch (error) {
      const problem = hasSystemCode(error, "EEXIST")
        ? "is a file: name another DATA_DIR"
        : explainFileError(error)?.message;
      if (problem === undefined) throw error;
      throw new ConfigurationError(`${folder}, in DATA_DIR, ${problem}`, { cause: error });
    }
  }
}

/**
 * Runs `work`, which looks whether services are at work and then starts its own, while no other `lethe up` does so on this database:
 * each would see none, and both would take the database.
 */
async function whileNoOtherStarts<T>(
  databaseUrl: string,
  terminal: Terminal,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  return withDatabase(
    databaseUrl,
    async (pool) => {
      const noting = setTimeout(
        () => terminal.note("another `lethe up` is starting on this database; waiting until its services are ready"),
        NOTE_WAIT_MS,
      );
      try {
        return await withSessionLock(
          pool,
          "lethe up",
          () => {
            clearTimeout(noting);
            return work();
          },
          signal,
        );
      } finally {
        clearTimeout(noting);
      }
    },
    1,
  );
}

const NOTE_WAIT_MS = 2_000;

/**
 * Requires that the data folder is that of the database, and that the privacy keys are those that it was used with. A new folder
 * becomes the database's when no service is at work: all that will be run here, on this folder. Throws ConfigurationError.
 */
async function joinFolder(
  { pool, queues }: Connections,
  folder: DataFolder,
  isNewFolder: boolean,
  keys: PrivacyKeySource,
  terminal: Terminal,
): Promise<void> {
  const { installation } = folder;
  if ((await readInstallation(pool)) === undefined) await requireKnownKeys(pool, keys, folder.path);
  const succession: Succession = {
    isFree: async () => !(await hasWorkers(queues)),
    require: (client) => requireKnownKeys(client, keys, folder.path),
  };
  if (isNewFolder && (await succeedFolder(pool, installation, succession))) {
    terminal.note(
      `${folder.path} is new and belongs to the database's installation from now on; files of earlier runs are in the folder that it had`,
    );
    return;
  }
  await joinInstallation(pool, installation);
  await requireKnownKeys(pool, keys, folder.path);
}

/** Throws what keeps a Redis of the user's from being used, and notes what they should know of it. */
async function checkGivenRedis(redis: RedisAccess, queuePrefix: string, terminal: Terminal): Promise<void> {
  const { findings } = await requireRedis(redis, queuePrefix);
  for (const { message } of findings) terminal.note(`warning: ${message}`);
}

/** Notes what the quick part of `lethe doctor` finds. Never throws: what keeps Lethe from starting is refused elsewhere. */
async function noteFindings({ environment, datasets, terminal }: Context): Promise<void> {
  const diagnosis = await diagnose(doctorSettings(environment, datasets), datasets, true).catch(ignore);
  for (const finding of diagnosis?.findings ?? []) terminal.note(formatFinding(finding));
}

/** Starts the services with what each must know, on a port that is free. */
async function startAllServices(
  options: UpOptions,
  settings: UpSettings,
  servers: ConnectionSettings,
  { environment, terminal }: Context,
  onFailure: (error: unknown) => void,
): Promise<Services> {
  const wanted = options.port ?? settings.port;
  const port = options.once ? 0 : await choosePort(wanted, settings.host);
  if (!options.once && port !== wanted) terminal.note(`port ${wanted} is taken; the API listens on another`);
  return startServices({
    environment: await serviceEnvironment(
      options.once ? { ...SETTLED_AT_ONCE, ...environment } : environment,
      settings,
      servers,
    ),
    schedulerEnvironment: { LETHE_PORT: String(port), ...(options.once && { LETHE_SCHEDULES: "off" }) },
    logs: settings.folders.logs,
    onFailure,
  });
}

/** What is there when everything runs once is finished, unless the user says otherwise. */
const SETTLED_AT_ONCE: Environment = { LETHE_SETTLE_SECONDS: "0" };

async function serviceEnvironment(
  environment: Environment,
  settings: UpSettings,
  servers: ConnectionSettings,
): Promise<Environment> {
  return {
    ...environment,
    DATABASE_URL: servers.databaseUrl,
    REDIS_URL: servers.redis.url,
    DATA_DIR: settings.folders.data,
    LETHE_QUEUE_PREFIX: servers.queuePrefix,
    // Where the user's settings name files, those were read here; services would take them first.
    DATABASE_URL_FILE: undefined,
    REDIS_URL_FILE: undefined,
    DATA_DIR_FILE: undefined,
    LETHE_QUEUE_PREFIX_FILE: undefined,
    // One port cannot serve four processes; each one's log says how it is.
    LETHE_HEALTH_PORT: undefined,
    ...(!settings.hasPrivacyKey && { LETHE_PRIVACY_KEY_FILE: await ensurePrivacyKey(settings.folders.data) }),
    ...(!settings.hasSigningKey && { LETHE_SIGNING_KEY_FILE: await ensureSigningKey(settings.folders.data) }),
  };
}

function placesOf({ folders }: UpSettings, { databaseUrl, postgres }: LocalStack) {
  return {
    database: postgres === "embedded" ? { url: databaseUrl, passwordFile: passwordFileOf(folders.stack) } : undefined,
    logs: postgres === "embedded" ? [folders.logs, folders.stack] : [folders.logs],
    landing: path.join(folders.data, AREA_FOLDERS.landing),
    dataDirectory: folders.data === dataDirectory({}) ? undefined : folders.data,
  };
}

function hasToken({ environment }: Context): boolean {
  return environment.LETHE_API_TOKEN !== undefined;
}

/** Returns when somebody has asked this process to stop. Throws what has failed before that. */
async function untilStopped(signal: AbortSignal): Promise<void> {
  try {
    await abortable(new Promise<never>(() => {}), signal);
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error;
  }
}

async function timed<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly ms: number }> {
  const startedAt = performance.now();
  const result = await work();
  return { result, ms: performance.now() - startedAt };
}

function ignore(): void {}
