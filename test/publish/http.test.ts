import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecureServer, type Server } from "node:https";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { liveDestination, type Places } from "../../src/cli/servers.ts";
import type { RuleGroupResource } from "../../src/bundle.ts";
import { withAhead } from "../../src/publish/ahead.ts";
import { planFor } from "../../src/publish/apply.ts";
import { http } from "../../src/publish/http.ts";
import { onPath } from "../../src/servers/tools.ts";
import { describeUnless } from "../support/needs.ts";

type Handler = (request: IncomingMessage, response: ServerResponse, at: number) => void;

async function listening(handler: Handler): Promise<{ readonly url: string; readonly stop: () => void }> {
  let count = 0;
  const server = createServer((request, response) => handler(request, response, count++)).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

const places: Places = {
  project: "testing",
  grafanas: [{ organisation: 1 }],
  tenantHeader: "X-Scope-OrgID",
  tenants: ["dev", "prd-1"],
  manage: ["rules"],
  rulers: true,
  logs: false,
  logRules: false,
};

describe("what is asked before it is wanted", () => {
  test("is on its way while this process works on, asked once, and answers once", async () => {
    let asked = 0;
    const server = await listening((_, response) => {
      asked += 1;
      setImmediate(() => response.end("{}"));
    });
    const { targets } = liveDestination(places, { MIMIR_URL: server.url });
    await withAhead(async (begin) => {
      await begin(targets);
      await planFor([], targets);
      expect(asked).toBe(2);
      await planFor([], targets);
      expect(asked).toBe(4);
    });
    server.stop();
  });

  test("is given up where nobody wants it any more, without a second try", async () => {
    const asked: Promise<unknown>[] = [];
    const server = await listening((_, response) => asked.push(once(response, "close")));
    const { targets } = liveDestination(places, { MIMIR_URL: server.url });
    await withAhead((begin) => begin(targets));
    while (asked.length < 2) await new Promise(setImmediate);
    await Promise.all(asked);
    expect(asked).toHaveLength(2);
    server.stop();
  });

  test("waits for no server that is silent from the start", async () => {
    // Takes the connection, and never answers the greeting of TLS.
    const silent = createTcpServer().listen(0, "127.0.0.1");
    await once(silent, "listening");
    const sockets: Socket[] = [];
    silent.on("connection", (socket) => sockets.push(socket));
    const url = `https://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    await withAhead((begin) => begin(liveDestination(places, { MIMIR_URL: url }).targets));
    for (const socket of sockets) socket.destroy();
    silent.close();
  });

  test("fails where it is wanted, and not before", async () => {
    const server = await listening((_, response) => {
      response.statusCode = 401;
      response.end();
    });
    const { targets } = liveDestination(places, { MIMIR_URL: server.url });
    await withAhead(async (begin) => {
      await begin(targets);
      await expect(planFor([], targets)).rejects.toThrow("401");
    });
    server.stop();
  });
});

/** What a ruler is asked with, by tenant. */
async function askedWith(environment: Readonly<Record<string, string>>): Promise<Record<string, string | undefined>> {
  const seen: Record<string, string | undefined> = {};
  const server = await listening(({ headers }, response) => {
    seen[String(headers["x-scope-orgid"])] = headers.authorization;
    response.end("{}");
  });
  try {
    for (const target of liveDestination(places, { MIMIR_URL: server.url, ...environment }).targets)
      await target.list([]);
    return seen;
  } finally {
    server.stop();
  }
}

test.each([
  { what: "nothing", environment: {}, says: { dev: undefined, "prd-1": undefined } },
  { what: "a token", environment: { MIMIR_TOKEN: "t" }, says: { dev: "Bearer t", "prd-1": "Bearer t" } },
  {
    what: "a user",
    environment: { MIMIR_USER: "u", MIMIR_PASSWORD: "p" },
    says: { dev: `Basic ${btoa("u:p")}`, "prd-1": `Basic ${btoa("u:p")}` },
  },
  {
    what: "a tenant's own token",
    environment: { MIMIR_TOKEN: "t", MIMIR_TOKEN_PRD_1: "own" },
    says: { dev: "Bearer t", "prd-1": "Bearer own" },
  },
])("asks with $what", async ({ environment, says }) => {
  expect(await askedWith(environment)).toEqual(says);
});

test("a token from a file; a file that is not there is named", async () => {
  const folder = await mkdtemp(join(tmpdir(), "fleetglass-token-"));
  try {
    await writeFile(join(folder, "token"), "from-file\n");
    expect(await askedWith({ MIMIR_TOKEN_FILE: join(folder, "token") })).toMatchObject({ dev: "Bearer from-file" });
    await expect(askedWith({ MIMIR_TOKEN_FILE: "/nowhere" })).rejects.toThrow(
      "MIMIR_TOKEN_FILE names /nowhere, which can't be read (ENOENT)",
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("a token by client credentials is asked for once; a refusal repeats no secret", async () => {
  let asked = 0;
  let refuse = false;
  const issuer = await listening((request, response) => {
    asked += 1;
    let form = "";
    request.on("data", (part) => (form += String(part)));
    request.on("end", () => {
      response.writeHead(refuse ? 401 : 200, { "content-type": "application/json" });
      response.end(
        JSON.stringify(
          refuse
            ? { error: "invalid_client" }
            : { access_token: new URLSearchParams(form).get("client_id"), expires_in: 3600 },
        ),
      );
    });
  });
  const environment = {
    MIMIR_OIDC_TOKEN_URL: issuer.url,
    MIMIR_OIDC_CLIENT_ID: "client",
    MIMIR_OIDC_CLIENT_SECRET: "hunter2",
    MIMIR_OIDC_SCOPE: "mimir",
  };
  try {
    expect(await askedWith(environment)).toEqual({ dev: "Bearer client", "prd-1": "Bearer client" });
    expect(asked).toBe(1);
    refuse = true;
    const failed = askedWith(environment);
    await expect(failed).rejects.toThrow(/answered 401; check MIMIR_OIDC_TOKEN_URL/u);
    await expect(failed).rejects.not.toThrow(/hunter2/u);
  } finally {
    issuer.stop();
  }
});

test("a token that was fetched is in no message, even where the server repeats it", async () => {
  const server = await listening(({ url, headers }, response) => {
    response.writeHead(url === "/token" ? 200 : 400);
    response.end(url === "/token" ? '{"access_token":"hunter3"}' : `bad header ${headers.authorization}`);
  });
  try {
    const credentials = { tokenUrl: `${server.url}/token`, id: "client", secret: "hunter2", variable: "TOKEN_URL" };
    const ask = http({ name: "Mimir", url: server.url, headers: {}, credential: "", variable: "", credentials });
    await expect(ask({ path: "/" })).rejects.toThrow("Mimir: GET / answered 400: bad header Bearer (hidden)");
  } finally {
    server.stop();
  }
});

test.each([
  { what: "a 429", first: { status: 429, headers: { "retry-after": "0" } }, times: 2 },
  { what: "a 500", first: { status: 500, headers: {} }, times: 2 },
  { what: "a wait that is too long", first: { status: 429, headers: { "retry-after": "3600" } }, times: 1 },
  { what: "a 400", first: { status: 400, headers: {} }, times: 1 },
  {
    what: "a list with a group in it that somebody else is just writing",
    first: {
      status: 400,
      headers: {},
      text: 'mismatch between requested rule group and loaded rule group, loaded: user=""',
    },
    times: 2,
  },
])("after $what a write is sent $times times", async ({ first, times }) => {
  let count = 0;
  const server = await listening((_, response, at) => {
    count += 1;
    response.writeHead(at === 0 ? first.status : 202, at === 0 ? first.headers : {});
    response.end(at === 0 && "text" in first ? first.text : "");
  });
  try {
    const ask = http({ name: "Mimir", url: server.url, headers: {}, credential: "", variable: "" });
    await ask({ method: "POST", path: "/", body: "a" }).catch(() => undefined);
    expect(count).toBe(times);
  } finally {
    server.stop();
  }
});

test.each([
  { what: "in plain words", packed: false },
  { what: "packed", packed: true },
])("below the path of an address, an answer $what is read, and the question is whole", async ({ packed }) => {
  const asked: (string | undefined)[] = [];
  const server = await listening(({ url, headers }, response) => {
    asked.push(url);
    if (packed) response.setHeader("content-encoding", String(headers["accept-encoding"]));
    response.end(packed ? gzipSync("Grüße") : "Grüße");
  });
  try {
    const ask = http({ name: "Mimir", url: `${server.url}/base`, headers: {}, credential: "", variable: "" });
    const answer = await ask({ path: "/a%2Fb", query: { limit: 2, q: "c d&e" } });
    expect(answer).toEqual({ status: 200, text: "Grüße" });
    expect(asked).toEqual(["/base/a%2Fb?limit=2&q=c+d%26e"]);
  } finally {
    server.stop();
  }
});

test("a server that begins to answer and falls silent is given up, and asked again", async () => {
  const server = await listening((_, response, at) => {
    response.write("half");
    if (at > 0) response.end(" and half");
  });
  try {
    const ask = http({ name: "Mimir", url: server.url, headers: {}, credential: "", variable: "", timeoutMs: 100 });
    expect(await ask({ path: "/" })).toEqual({ status: 200, text: "half and half" });
  } finally {
    server.stop();
  }
});

test("a time to come back at is waited for, and a redirect is not followed", async () => {
  const came: number[] = [];
  // A date has whole seconds.
  const date = new Date(Date.now() + 2000).toUTCString();
  const server = await listening((_, response, at) => {
    came.push(Date.now());
    if (at === 0) response.writeHead(503, { "retry-after": date });
    else response.writeHead(302, { location: "/in" });
    response.end();
  });
  try {
    const ask = http({ name: "Mimir", url: server.url, headers: {}, credential: "", variable: "MIMIR_URL" });
    await expect(ask({ path: "/" })).rejects.toThrow(/answered 302 without a word, pointing to \/in; is MIMIR_URL/u);
    expect(came).toHaveLength(2);
    expect(came[1]).toBeGreaterThanOrEqual(Date.parse(date));
  } finally {
    server.stop();
  }
});

test("HTTP_PROXY is asked for the whole address, with its own name and word and ours", async () => {
  const asked: string[] = [];
  const proxy = await listening(({ url, headers }, response) => {
    asked.push(`${url} ${headers.host} ${headers["proxy-authorization"]} ${headers.authorization}`);
    response.end("{}");
  });
  const before = process.env["HTTP_PROXY"];
  try {
    process.env["HTTP_PROXY"] = proxy.url.replace("//", "//user:word@");
    const ask = http({
      name: "Mimir",
      url: "http://mimir.example:8080/base",
      headers: { Authorization: "Bearer t" },
      credential: "",
      variable: "",
    });
    for (let time = 1; time <= 2; time += 1) await ask({ path: "/rules", query: { a: 1 } });
    const once = `http://mimir.example:8080/base/rules?a=1 mimir.example:8080 Basic ${btoa("user:word")} Bearer t`;
    expect(asked).toEqual([once, once]);
  } finally {
    if (before === undefined) Reflect.deleteProperty(process.env, "HTTP_PROXY");
    else process.env["HTTP_PROXY"] = before;
    proxy.stop();
  }
});

test.each([
  { federated: "false", action: "refuse" },
  { federated: "true", action: "create" },
])("a federated group on a Mimir that says $federated: $action", async ({ federated, action }) => {
  const server = await listening(({ url }, response) =>
    response.end(
      url?.endsWith("buildinfo") === true ? `{"data":{"features":{"federated_rules":"${federated}"}}}` : "{}",
    ),
  );
  try {
    const { targets } = liveDestination({ ...places, tenants: ["ops"] }, { MIMIR_URL: server.url });
    const group: RuleGroupResource = {
      kind: "rule-group",
      at: { system: "mimir", tenant: "ops", namespace: "fleetglass-testing" },
      id: "fleet",
      needs: [],
      origin: "test",
      spec: { name: "fleet", interval: "1m", source_tenants: ["dev", "prd"], rules: [{ record: "a:b", expr: "up" }] },
    };
    const [plan] = await planFor([group], targets);
    expect(plan?.changes.map((change) => change.action)).toEqual([action]);
  } finally {
    server.stop();
  }
});

describeUnless(
  onPath("openssl") === undefined ? "there is no openssl" : undefined,
  "a server of a private authority",
  () => {
    let folder: string;
    let server: Server;
    let url: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "fleetglass-tls-"));
      const openssl = (...argv: readonly string[]) => promisify(execFile)("openssl", argv, { cwd: folder });
      const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
      await openssl(
        "req",
        "-x509",
        ...key,
        "-keyout",
        "ca.key",
        "-out",
        "ca.pem",
        "-subj",
        "/CN=authority",
        "-days",
        "2",
      );
      for (const [name, more] of [
        ["server", ["-addext", "subjectAltName=IP:127.0.0.1"]],
        ["client", []],
      ] as const) {
        const signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-days", "2"];
        await openssl(
          "req",
          "-x509",
          ...key,
          ...signed,
          "-keyout",
          `${name}.key`,
          "-out",
          `${name}.pem`,
          "-subj",
          `/CN=${name}`,
          ...more,
          "-addext",
          "basicConstraints=critical,CA:FALSE",
        );
      }
      const pem = (name: string) => readFile(join(folder, name));
      server = createSecureServer(
        {
          ca: await pem("ca.pem"),
          cert: await pem("server.pem"),
          key: await pem("server.key"),
          requestCert: true,
          rejectUnauthorized: false,
        },
        (request, response) => {
          const known = (request.socket as TLSSocket).authorized;
          response.writeHead(known ? 200 : 403);
          response.end(known ? "{}" : "who are you?");
        },
      ).listen(0, "127.0.0.1");
      await once(server, "listening");
      url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    afterAll(async () => {
      server.closeAllConnections();
      server.close();
      await rm(folder, { recursive: true });
    });

    const ask = async (environment: Readonly<Record<string, string>>): Promise<unknown> => {
      const { targets } = liveDestination({ ...places, tenants: ["dev"] }, { MIMIR_URL: url, ...environment });
      return targets[0]?.list([]);
    };
    const client = () => ({ MIMIR_CERT_FILE: join(folder, "client.pem"), MIMIR_KEY_FILE: join(folder, "client.key") });

    test("is trusted with its certificate, and knows us by ours", async () => {
      expect(await ask({ MIMIR_CA_FILE: join(folder, "ca.pem"), ...client() })).toEqual([]);
    });

    test("is not trusted without, and does not know us without", async () => {
      await expect(ask(client())).rejects.toThrow(/not trusted \(\w+\): name its authority's file in MIMIR_CA_FILE/u);
      await expect(ask({ MIMIR_CA_FILE: join(folder, "ca.pem") })).rejects.toThrow(/answered 403: who are you\?/u);
    });

    test("is asked through HTTPS_PROXY, which sees nothing of it, unless NO_PROXY names it", async () => {
      const asked: string[] = [];
      const proxy = createServer((_, response) => void response.writeHead(400).end("only CONNECT"));
      proxy.on("connect", (request: IncomingMessage, socket: Socket) => {
        asked.push(
          `${request.url} ${request.headers["proxy-authorization"] ?? ""} ${request.headers.authorization ?? ""}`,
        );
        const through = connect(Number(new URL(url).port), "127.0.0.1", () => {
          socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
          through.pipe(socket).pipe(through);
        });
        through.on("error", () => socket.destroy());
        socket.on("error", () => through.destroy());
      });
      proxy.listen(0, "127.0.0.1");
      await once(proxy, "listening");
      const trusted = { MIMIR_CA_FILE: join(folder, "ca.pem"), MIMIR_TOKEN: "planted", ...client() };
      const before = { ...process.env };
      try {
        process.env["HTTPS_PROXY"] = `http://user:word@127.0.0.1:${(proxy.address() as AddressInfo).port}`;
        expect(await ask(trusted)).toEqual([]);
        expect(asked).toEqual([`127.0.0.1:${new URL(url).port} Basic ${btoa("user:word")} `]);
        process.env["NO_PROXY"] = "127.0.0.1";
        expect(await ask(trusted)).toEqual([]);
        expect(asked).toHaveLength(1);
      } finally {
        for (const name of ["HTTPS_PROXY", "NO_PROXY"]) {
          if (before[name] === undefined) Reflect.deleteProperty(process.env, name);
          else process.env[name] = before[name];
        }
        proxy.close();
        proxy.closeAllConnections();
      }
    });
  },
);
