import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { fleetglass, type Ran } from "../support/cli.ts";
import { describeWithMimir } from "../support/needs.ts";

/** One in each kind of place that a configuration has for it; an address, a key, a password. */
const planted = {
  SLACK_WEBHOOK_URL: "https://hooks.example.com/planted-slack-secret",
  PAGERDUTY_ROUTING_KEY: "planted-pagerduty-secret",
  TEAMS_WEBHOOK_URL: "https://teams.example.com/planted-teams-secret",
  SMTP_PASSWORD: "planted-smtp-secret",
  BRIDGE_URL: "https://bridge.example.com/planted-bridge-secret",
  HEARTBEAT_URL: "https://beat.example.com/planted-heartbeat-secret",
} as const;

/** Those that are all that a receiver is refused for, so that Mimir repeats what it was sent. */
const broken = { ...planted, SLACK_WEBHOOK_URL: "planted-broken-secret no address" };

describeWithMimir("secrets of routing, published to a real Mimir", (mimir) => {
  let folder: string;
  let fleet: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "fleetglass-secrets-"));
    fleet = join(folder, "fleet.yaml");
    const receivers = [
      { kind: "slack", channel: "#alerts" },
      { kind: "pagerduty", urgencies: ["page"] },
      { kind: "teams" },
      { kind: "email", to: "sre@example.com", smarthost: "smtp.example.com:587", user: "sre" },
      { kind: "webhook", secret: "BRIDGE_URL" },
      { kind: "heartbeat" },
    ];
    await writeFile(
      fleet,
      stringify({
        name: "secretive",
        environments: [{ name: "dev" }, { name: "prd" }],
        clusters: ["dev", "prd"].map((environment) => ({ name: `${environment}-1`, environment, region: "r1" })),
        manage: ["routing"],
        alerting: { receivers },
      }),
    );
  });
  afterAll(() => rm(folder, { recursive: true }));

  const run = (...argv: readonly string[]) => having(planted, ...argv);
  const having = (secrets: Readonly<Record<string, string>>, ...argv: readonly string[]): Promise<Ran> =>
    fleetglass([...argv, "--fleet", fleet], { ...secrets, MIMIR_URL: mimir.url });
  const held = async (tenant: string): Promise<string> =>
    (await fetch(`${mimir.url}/api/v1/alerts`, { headers: { "X-Scope-OrgID": tenant } })).text();

  async function written(path: string): Promise<string> {
    if (!(await stat(path)).isDirectory()) return readFile(path, "utf8");
    const all = await readdir(path);
    return (await Promise.all(all.map((name) => written(join(path, name))))).join("\n");
  }

  test("they stand in Mimir alone: not in files, a plan, what is printed, or an error", async () => {
    const out = join(folder, "out");
    const plan = join(folder, "plan.json");
    const said: Ran[] = [
      await run("build", "--out", out),
      await run("publish", "--to", "live", "--plan", "--json"),
      await run("publish", "--to", "live", "--plan-out", plan),
      await having(broken, "publish", "--to", "live"),
      await having({ ...planted, SMTP_PASSWORD: "" }, "publish", "--to", "live"),
      await run("publish", plan),
      await run("drift"),
      // By hand, and so that the difference is beside a secret.
      await changedByHand(),
      await run("drift", "--json"),
      await run("publish", "--to", "live"),
    ];
    expect(said.map(({ code }) => code)).toEqual([0, 2, 2, 1, 1, 0, 0, 0, 2, 0]);
    for (const tenant of ["dev", "prd"]) {
      const config = await held(tenant);
      expect(Object.values(planted).filter((secret) => !config.includes(secret))).toEqual([]);
    }
    const texts = [...said.flatMap((ran) => [ran.out, ran.errors]), await written(out), await written(plan)];
    expect(texts.filter((text) => /planted-\w+-secret/u.test(text))).toEqual([]);
    expect(texts.join("\n")).toContain("SLACK_WEBHOOK_URL");
  }, 60_000);

  async function changedByHand(): Promise<Ran> {
    const { status } = await fetch(`${mimir.url}/api/v1/alerts`, {
      method: "POST",
      headers: { "X-Scope-OrgID": "prd" },
      body: (await held("prd")).replaceAll("send_resolved: true", "send_resolved: false"),
    });
    return { code: status === 201 ? 0 : status, out: "", errors: "" };
  }
});
