import path from "node:path";
import { RUN_SERVICES, type ServiceName } from "@lethe/contracts/services";
import { startServiceProcess } from "@lethe/service-kit/service-process";
import type { Environment } from "@lethe/service-kit/settings";

export interface Services {
  /** Resolves with the scheduler's address when all services are ready; rejects with ServiceFailedError. */
  readonly ready: Promise<string | null>;
  readonly pids: readonly number[];
  /** The files that they log to. */
  readonly logs: readonly string[];
  /** Asks all to stop and waits until they are gone. */
  stop(): Promise<void>;
}

export interface ServicesOptions {
  /** What every service gets. */
  readonly environment: Environment;
  /** What the scheduler gets besides. */
  readonly schedulerEnvironment: Environment;
  readonly logs: string;
  /** Is told when a service ends though nobody asked it to. */
  readonly onFailure: (error: unknown) => void;
}

/** Starts the four services, each as a process of its own. */
export function startServices(options: ServicesOptions): Services {
  const logs: string[] = [];
  const start = (name: ServiceName, environment: Environment) => {
    const logFile = path.join(options.logs, `${name}.log`);
    logs.push(logFile);
    const service = startServiceProcess({
      name,
      environment,
      logFile,
      // Ctrl-C is this process's to hear: it asks the services to stop once, in order.
      ownSession: true,
    });
    service.failure.catch(options.onFailure);
    return service;
  };
  const scheduler = start("scheduler", { ...options.environment, ...options.schedulerEnvironment });
  const workers = RUN_SERVICES.map((name) => start(name, options.environment));
  const all = [scheduler, ...workers];
  return {
    ready: Promise.all(all.map((service) => service.ready)).then(([address]) => address ?? null),
    pids: all.flatMap(({ child }) => child.pid ?? []),
    logs,
    async stop() {
      await Promise.all(all.map((service) => service.stop()));
    },
  };
}
