import type { Facts } from "../lint/index.ts";
import { typeOf } from "../lint/index.ts";
import type { Environment } from "./servers.ts";

/** A Prometheus, or anything that answers like one. */
export interface PrometheusApi {
  readonly get: (path: string, parameters: Readonly<Record<string, string>>) => Promise<unknown>;
}

/** Only reads. The token or password is that of the environment, and is in no message. */
export function prometheusApi(url: string, tenant: string | undefined, environment: Environment): PrometheusApi {
  const base = url.replace(/\/+$/u, "");
  const { MIMIR_TOKEN: token, MIMIR_USER: user, MIMIR_PASSWORD: password } = environment;
  const authorization =
    token === undefined
      ? user === undefined
        ? undefined
        : `Basic ${Buffer.from(`${user}:${password ?? ""}`).toString("base64")}`
      : `Bearer ${token}`;
  const headers = {
    ...(authorization !== undefined && { authorization }),
    ...(tenant !== undefined && { "X-Scope-OrgID": tenant }),
  };
  return {
    async get(path, parameters) {
      const target = `${base}/api/v1/${path}?${new URLSearchParams(parameters).toString()}`;
      let answer: Response;
      try {
        answer = await fetch(target, { headers, signal: AbortSignal.timeout(60_000) });
      } catch (error) {
        const cause: unknown = error instanceof Error ? (error.cause ?? error) : error;
        throw new Error(`${base} does not answer: ${cause instanceof Error ? cause.message : String(cause)}`, {
          cause: error,
        });
      }
      const body: unknown = await answer.json().catch(() => undefined);
      if (
        typeof body === "object" &&
        body !== null &&
        "status" in body &&
        body.status === "success" &&
        "data" in body
      ) {
        return body.data;
      }
      const said = typeof body === "object" && body !== null && "error" in body ? `: ${String(body.error)}` : "";
      throw new Error(`${base}/api/v1/${path} answers ${answer.status}${said}`);
    },
  };
}

/** Every metric that a server has, with the types that it knows. */
export async function metricsOf(api: PrometheusApi): Promise<Map<string, Facts>> {
  const names = await api.get("label/__name__/values", {});
  const metadata = await api.get("metadata", {}).catch(() => ({}));
  const declared = new Map(
    Object.entries(metadata as Record<string, unknown>).flatMap(([name, entries]) => {
      const [first] = Array.isArray(entries) ? (entries as readonly { readonly type?: string }[]) : [];
      return first?.type === undefined ? [] : [[name, first.type] as const];
    }),
  );
  return new Map(
    (Array.isArray(names) ? names : []).map((name) => [
      String(name),
      { type: typeOf(String(name), declared), labels: [], measure: "none", source: "server" },
    ]),
  );
}
