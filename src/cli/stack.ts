import type { Fleet } from "../fleet/model.ts";
import { givenUrl, startServer } from "../servers/server.ts";
import { isBuilt } from "../servers/tools.ts";
import type { Store } from "../simulate/backfill.ts";
import type { World } from "./run.ts";

/** The servers that a simulated fleet writes to. */
export interface Stack {
  readonly metrics: Store;
  /** Absent where the fleet keeps no logs, or no Loki is at hand. */
  readonly logs?: Store;
  /** Whoever takes spans: nobody, unless somebody is named. */
  readonly traces?: Store;
  /** Ends those that were started. */
  readonly stop: () => Promise<void>;
}

/**
 * A Mimir, and where it costs no long build a Loki: those that the environment names, else some of our own.
 * @throws {Error} in one line where there is no Mimir and nothing that could run one.
 */
export async function startStack(
  fleet: Fleet,
  { tell, environment }: Pick<World, "tell" | "environment">,
): Promise<Stack> {
  const header = fleet.tenantHeader === undefined ? {} : { header: fleet.tenantHeader };
  const started: { stop(): Promise<void> }[] = [];
  const own = async (name: "mimir" | "loki", env = {}): Promise<Store> => {
    const given = givenUrl(name, environment);
    if (given !== undefined) return { url: given, ...header };
    tell(
      `starting a ${name === "mimir" ? "Mimir" : "Loki"} of its own (set ${name.toUpperCase()}_URL to use another) …`,
    );
    const server = await startServer({ name, env });
    started.push(server);
    return { url: server.url, ...header };
  };
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((server) => server.stop()));
  };
  try {
    const metrics = await own("mimir", { MIMIR_LOOKBACK: "5m" });
    const wantsLogs = fleet.backends.logs !== undefined;
    const hasLogs = wantsLogs && (givenUrl("loki", environment) !== undefined || isBuilt("loki"));
    if (wantsLogs && !hasLogs) tell("no logs: set LOKI_URL, or put a loki on PATH");
    const traces = environment["OTEL_EXPORTER_OTLP_ENDPOINT"];
    return {
      metrics,
      ...(hasLogs && { logs: await own("loki") }),
      ...(traces && { traces: { url: traces, ...header } }),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
