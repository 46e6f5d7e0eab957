import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { givenUrl, type Server, startServer } from "../../src/servers/server.ts";

export type Mimir = Server;

export interface MimirOptions {
  /** How long a silent series is still seen; production has "5m". */
  readonly lookback?: string;
  /** False where there is one tenant and no header. */
  readonly tenants?: boolean;
  /** What it is without, of what the others have. */
  readonly without?: "federation" | "rules";
  /** Tenants' own limits, in Mimir's words. */
  readonly limits?: Readonly<Record<string, Readonly<Record<string, number | string>>>>;
}

/**
 * A fresh, empty Mimir on loopback, configured by tools/mimir/test.yaml; or the one at `MIMIR_URL`, which should have
 * that configuration and is neither emptied nor stopped.
 */
export async function startMimir({
  lookback = "5m",
  tenants = true,
  without,
  limits,
}: MimirOptions = {}): Promise<Mimir> {
  const given = without === undefined && limits === undefined ? givenUrl("mimir") : undefined;
  const runtime = limits && runtimeFile(limits);
  const mimir = await (given === undefined
    ? startServer({
        name: "mimir",
        env: {
          MIMIR_LOOKBACK: lookback,
          MIMIR_MULTITENANCY: String(tenants),
          MIMIR_FEDERATION: String(without !== "federation"),
          MIMIR_RULER_API: String(without !== "rules"),
          ...(runtime !== undefined && { MIMIR_RUNTIME: runtime }),
        },
      })
    : external(given, { lookback, tenants }));
  return {
    url: mimir.url,
    async stop() {
      await mimir.stop();
      if (runtime !== undefined) rmSync(dirname(runtime), { recursive: true });
    },
  };
}

function runtimeFile(overrides: object): string {
  const file = join(mkdtempSync(join(tmpdir(), "fleetglass-limits-")), "runtime.yaml");
  writeFileSync(file, JSON.stringify({ overrides }));
  return file;
}

async function external(
  url: string,
  { lookback, tenants }: Required<Pick<MimirOptions, "lookback" | "tenants">>,
): Promise<Mimir> {
  const config = await (await fetch(`${url}/config`)).text();
  const has = /^ +lookback_delta: (\S+)$/m.exec(config)?.[1];
  if (!config.includes(`multitenancy_enabled: ${tenants}`)) {
    throw new Error(`MIMIR_URL ${url} has other tenants than this suite needs: unset MIMIR_URL for it`);
  }
  // Mimir writes durations as Go does: 10s, but 5m0s.
  if (has !== lookback && has !== `${lookback}0s`) {
    throw new Error(`MIMIR_URL ${url} has lookback_delta ${has}; this suite needs ${lookback}: unset MIMIR_URL for it`);
  }
  return { url, stop: () => Promise.resolve() };
}
