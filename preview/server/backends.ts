import type { Backend } from "./backend.ts";

interface Named {
  readonly mimir?: string | undefined;
  readonly loki?: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The servers behind the data sources, by kind; credentials come from the environment only. */
export function backendsOf({ mimir, loki }: Named, environment: Environment): Readonly<Record<string, Backend>> {
  const prometheus = backend("MIMIR", mimir, environment);
  const logs = backend("LOKI", loki, environment);
  return {
    // Mimir serves Prometheus' API below a prefix of its own.
    ...(prometheus !== undefined && { prometheus: { ...prometheus, url: `${prometheus.url}/prometheus` } }),
    ...(logs !== undefined && { loki: logs }),
  };
}

function backend(name: string, given: string | undefined, environment: Environment): Backend | undefined {
  const text = given ?? environment[`${name}_URL`];
  if (text === undefined || text === "") {
    return undefined;
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/u.test(url.protocol) || url.username !== "" || url.search !== "") {
    throw new Error(`not the address of a server: ${name === "MIMIR" ? "--mimir" : "--loki"}, or ${name}_URL`);
  }
  return {
    url: url.href.replace(/\/+$/u, "").replace(name === "MIMIR" ? /\/prometheus$/u : /$^/u, ""),
    headers: authorization(name, environment),
  };
}

function authorization(name: string, environment: Environment): Record<string, string> {
  const token = environment[`${name}_TOKEN`];
  const [user, password] = [environment[`${name}_USER`], environment[`${name}_PASSWORD`]];
  if (token) {
    return { Authorization: `Bearer ${token}` };
  }
  return user ? { Authorization: `Basic ${Buffer.from(`${user}:${password ?? ""}`).toString("base64")}` } : {};
}
