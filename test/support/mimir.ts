import { givenUrl, type Server, startServer } from "../../src/servers/server.ts";

export type Mimir = Server;

export interface MimirOptions {
  /** How long a silent series is still seen; production has "5m". */
  readonly lookback?: string;
}

/**
 * A fresh, empty Mimir on loopback, configured by tools/mimir/test.yaml; or the one at `MIMIR_URL`, which should have
 * that configuration and is neither emptied nor stopped.
 */
export async function startMimir({ lookback = "5m" }: MimirOptions = {}): Promise<Mimir> {
  const given = givenUrl("mimir");
  return given === undefined
    ? startServer({ name: "mimir", env: { MIMIR_LOOKBACK: lookback } })
    : external(given, lookback);
}

async function external(url: string, lookback: string): Promise<Mimir> {
  const response = await fetch(`${url}/config`);
  const has = /^ +lookback_delta: (\S+)$/m.exec(await response.text())?.[1];
  // Mimir writes durations as Go does: 10s, but 5m0s.
  if (has !== lookback && has !== `${lookback}0s`) {
    throw new Error(`MIMIR_URL ${url} has lookback_delta ${has}; this suite needs ${lookback}: unset MIMIR_URL for it`);
  }
  return { url, stop: () => Promise.resolve() };
}
