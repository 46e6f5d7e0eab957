import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fleetglass } from "../support/cli.ts";
import { startGrafana } from "../support/grafana.ts";

/** A word that no code of ours has: where it is found, a secret got out. */
const planted = "Xp1antedX";
const secrets = {
  GRAFANA_TOKEN: `glsa_${planted}`,
  MIMIR_USER: "publisher",
  MIMIR_PASSWORD: `${planted}-password`,
  SLACK_WEBHOOK_URL: `https://hooks.slack.com/services/${planted}`,
  SMTP_PASSWORD: `${planted}-smtp`,
};

let folder: string;
let server: Server;
/** Answers every write with all that it was sent. */
let repeats = false;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fleetglass-secrets-"));
  const stored = new Map<string, string>();
  server = createServer((request, response) => {
    const tenant = String(request.headers["x-scope-orgid"]);
    let body = "";
    request.on("data", (part: Buffer) => (body += part.toString()));
    request.on("end", () => {
      if (request.method === "GET") {
        const found = request.url === "/api/v1/alerts" ? stored.get(tenant) : undefined;
        response.writeHead(found === undefined ? 404 : 200).end(found ?? "{}");
      } else if (repeats) {
        response.writeHead(400).end(`${request.headers.authorization} said: ${body}`);
      } else {
        stored.set(tenant, body);
        response.writeHead(201).end();
      }
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  await writeFile(
    join(folder, "first.config.ts"),
    `import { defineFleet, defineProject } from "fleetglass";
     const fleet = defineFleet({
       name: "secretive",
       environments: [{ name: "dev" }],
       clusters: [{ name: "dev-1", environment: "dev", region: "r1" }],
       manage: ["folders", "datasources", "routing"],
       alerting: { notifier: "mimir", receivers: [
         { kind: "slack", channel: "#alerts" },
         { kind: "email", to: "a@example.com", smarthost: "smtp.example.com:587", user: "u" },
       ] },
     });
     export default { ...defineProject({ fleet }), dashboards: [], recording: [], alerts: [] };`,
  );
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
});

test("a planted secret reaches the server, and neither plan, journal, output, errors nor files", async () => {
  const grafana = await startGrafana({ token: secrets.GRAFANA_TOKEN });
  const environment = {
    ...secrets,
    GRAFANA_URL: grafana.url,
    MIMIR_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  };
  const said: string[] = [];
  const run = async (...argv: readonly string[]): Promise<number> => {
    const { code, out, errors } = await fleetglass([...argv, "--fleet", join(folder, "first.config.ts")], environment);
    said.push(out, errors);
    return code;
  };
  const state = ["--state", join(folder, "state")];
  try {
    repeats = true;
    expect(await run("publish", "--to", "live", ...state)).toBe(1);
    expect(said.join("\n")).toContain("(hidden)");
    repeats = false;
    expect(await run("plan", "--to", "live", "--plan-out", join(folder, "plan.json"))).toBe(2);
    expect(await run("publish", join(folder, "plan.json"), ...state, "--json")).toBe(0);
    const answer = await fetch(`${environment.MIMIR_URL}/api/v1/alerts`, { headers: { "X-Scope-OrgID": "dev" } });
    expect(await answer.text()).toContain(planted);
    for (const argv of [
      ["plan", "--to", "live", "--json"],
      ["plan", "--to", "live", "--markdown"],
      ["drift", "--json"],
      ["build", "--out", join(folder, "out")],
      ["pull", "--out", join(folder, "pulled")],
      ["rollback", "--plan", ...state],
    ]) {
      await run(...argv);
    }
    expect(said.join("\n")).not.toContain(planted);
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    expect(files.filter((file) => file.includes("state")).length).toBeGreaterThan(0);
    for (const file of files) expect(`${file}: ${await readFile(file, "utf8")}`).not.toContain(planted);
  } finally {
    await grafana.stop();
  }
}, 60_000);
