import { type Asked, gate, stranger } from "../../preview/server/gate.ts";
import type { Source } from "../../preview/server/contents.ts";

const source = (uid: string, type: string, tenant: string): Source => ({
  uid,
  type,
  name: uid,
  headers: { "X-Scope-OrgID": tenant },
});

const sources = [
  source("mimir-dev", "prometheus", "dev"),
  source("loki-dev", "loki", "dev"),
  source("tempo", "tempo", "dev"),
];

const form = { "content-type": "application/x-www-form-urlencoded" };

describe("the gate lets through", () => {
  test.each([
    { method: "GET", path: "mimir-dev/api/v1/query?query=up" },
    { method: "POST", path: "mimir-dev/api/v1/query", headers: form },
    { method: "POST", path: "mimir-dev/api/v1/query_range", headers: form },
    { method: "GET", path: "mimir-dev/api/v1/label/cluster/values?match%5B%5D=up" },
    { method: "POST", path: "mimir-dev/api/v1/series", headers: form },
    { method: "GET", path: "mimir-dev/api/v1/rules" },
    { method: "GET", path: "loki-dev/loki/api/v1/query_range?query=x" },
  ])("$method $path", ({ method, path, headers = {} }) => {
    const [uid = "", ...rest] = path.split("/");
    expect(gate({ method, url: `/proxy/${path}`, headers }, sources)).toEqual({
      source: sources.find((each) => each.uid === uid),
      path: rest.join("/"),
    });
  });
});

describe("the gate refuses", () => {
  test.each([
    { what: "another path", url: "/admin", status: 404 },
    { what: "a data source that is not provisioned", url: "/proxy/mimir-prd/api/v1/query", status: 404 },
    { what: "a kind that nothing is asked of", url: "/proxy/tempo/api/v1/query", status: 403 },
    { what: "a path of another kind", url: "/proxy/loki-dev/api/v1/query", status: 403 },
    { what: "writing samples", method: "POST", url: "/proxy/mimir-dev/api/v1/push", status: 403 },
    { what: "writing rules", method: "POST", url: "/proxy/mimir-dev/config/v1/rules/ours", status: 403 },
    { what: "deleting series", method: "POST", url: "/proxy/mimir-dev/api/v1/admin/tsdb/delete_series", status: 403 },
    { what: "a way out of the API", url: "/proxy/mimir-dev/api/v1/../../config", status: 403 },
    { what: "an encoded way out", url: "/proxy/mimir-dev/api/v1/%2e%2e/%2e%2e/config", status: 403 },
    { what: "an encoded slash", url: "/proxy/mimir-dev/api%2fv1/query", status: 403 },
    { what: "another server's address", url: "/proxy/mimir-dev/http://evil.example/api/v1/query", status: 403 },
    { what: "a label that is none", url: "/proxy/mimir-dev/api/v1/label/a%2fb/values", status: 403 },
    { what: "a path with more after it", url: "/proxy/mimir-dev/api/v1/query/x", status: 403 },
    { what: "a line feed after the path", url: "/proxy/mimir-dev/api/v1/query\n", status: 403 },
    { what: "DELETE", method: "DELETE", url: "/proxy/mimir-dev/api/v1/series", status: 405 },
    { what: "PUT", method: "PUT", url: "/proxy/mimir-dev/api/v1/query", status: 405 },
    { what: "POST where reading is GET", method: "POST", url: "/proxy/mimir-dev/api/v1/rules", status: 405 },
    {
      what: "a tenant of the asker's own",
      url: "/proxy/mimir-dev/api/v1/query",
      headers: { "x-scope-orgid": "prd" },
      status: 403,
    },
    {
      what: "credentials of the asker's own",
      url: "/proxy/mimir-dev/api/v1/query",
      headers: { authorization: "Bearer x" },
      status: 403,
    },
    { what: "POST of no form", method: "POST", url: "/proxy/mimir-dev/api/v1/query", status: 415 },
    {
      what: "POST that a page elsewhere may send unasked",
      method: "POST",
      url: "/proxy/mimir-dev/api/v1/query",
      headers: { "content-type": "text/plain" },
      status: 415,
    },
  ])("$what", ({ method = "GET", url, headers = {}, status }) => {
    expect(gate({ method, url, headers }, sources)).toMatchObject({ status, reason: expect.any(String) });
  });
});

describe("who asks", () => {
  const asked = (headers: Asked["headers"]): Asked => ({ method: "GET", url: "/", headers });

  test.each([
    { host: "127.0.0.1:4173" },
    { host: "localhost:4173", origin: "http://localhost:4173" },
    { host: "[::1]:4173", "sec-fetch-site": "same-origin" },
    { host: "LOCALHOST:4173", "sec-fetch-site": "none" },
  ])("our own page: %o", (headers) => {
    expect(stranger(asked(headers), 4173)).toBeUndefined();
  });

  test.each([
    { what: "no host", headers: {}, status: 421 },
    { what: "a name that was made to point here", headers: { host: "evil.example:4173" }, status: 421 },
    { what: "a name with ours before it", headers: { host: "localhost:4173.evil.example" }, status: 421 },
    { what: "another port", headers: { host: "localhost:80" }, status: 421 },
    { what: "another origin", headers: { host: "localhost:4173", origin: "http://evil.example" }, status: 403 },
    { what: "another port's origin", headers: { host: "localhost:4173", origin: "http://localhost:80" }, status: 403 },
    { what: "TLS's origin", headers: { host: "localhost:4173", origin: "https://localhost:4173" }, status: 403 },
    { what: "no origin to name", headers: { host: "localhost:4173", origin: "null" }, status: 403 },
    { what: "another site", headers: { host: "localhost:4173", "sec-fetch-site": "cross-site" }, status: 403 },
    { what: "a neighbour", headers: { host: "localhost:4173", "sec-fetch-site": "same-site" }, status: 403 },
  ])("$what is refused", ({ headers, status }) => {
    expect(stranger(asked(headers), 4173)).toMatchObject({ status });
  });
});
