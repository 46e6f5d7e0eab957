import { givenUrl, type Server, startServer } from "../../src/servers/server.ts";

export type Loki = Server;

/**
 * A fresh, empty Loki on loopback, configured by tools/loki/test.yaml; or the one at `LOKI_URL`, which should have that
 * configuration and is neither emptied nor stopped.
 */
export async function startLoki(): Promise<Loki> {
  const given = givenUrl("loki");
  return given === undefined ? startServer({ name: "loki" }) : external(given);
}

const needed = ["auth_enabled: true", "multi_tenant_queries_enabled: true", "regex: '[^.]+'"];

async function external(url: string): Promise<Loki> {
  const config = await (await fetch(`${url}/config`)).text();
  const lacking = needed.filter((setting) => !config.includes(setting));
  if (lacking.length > 0) {
    throw new Error(`LOKI_URL ${url} is not configured as tools/loki/test.yaml: it lacks ${lacking.join(", ")}`);
  }
  return { url, stop: () => Promise.resolve() };
}
