import { fleetglass } from "../support/cli.ts";
import { describeWithMimir } from "../support/needs.ts";
import { instant } from "../support/query.ts";

const small = ["--fleet", "test/fleets/small.yaml"];

describe("fleetglass simulate", () => {
  test("lists the faults, for people and for programs", async () => {
    const { code, out } = await fleetglass(["simulate", "--list-faults", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual(
      expect.arrayContaining([expect.objectContaining({ name: "cluster-silent", about: expect.any(String) })]),
    );
    expect((await fleetglass(["simulate", "--list-faults"])).out).toMatch(/^gpu-xid +\S/mu);
  });

  test("prints what a cluster exposes at a moment, always the same", async () => {
    const text = ["simulate", ...small, "--text", "dev-uaenorth", "--at", "2026-01-31T12:00:00Z"];
    const { code, out } = await fleetglass(text);
    expect(code).toBe(0);
    expect(out).toMatch(/^# TYPE node_cpu_seconds_total counter$/mu);
    expect((await fleetglass(text)).out).toBe(out);
    expect((await fleetglass([...text, "--seed", "2"])).out).not.toBe(out);
  });

  test.each([
    {
      args: ["--from", "yesterday"],
      says: "--from takes a time such as now, -6h or 2026-01-31T12:00:00Z, not yesterday",
    },
    { args: ["--from", "now"], says: "--from now is not before --to now" },
    { args: ["--to", "+1h"], says: "has not come yet" },
    { args: ["--days", "-1"], says: "--days takes a number, not -1" },
    { args: ["--seed", "x"], says: "--seed takes a number, not x" },
    { args: ["--fault", "rain@now+1h"], says: 'there is no fault "rain"' },
    { args: ["--text", "nowhere"], says: "the fleet has no cluster nowhere; it has dev-uaenorth" },
  ])("refuses $args", async ({ args, says }) => {
    const { code, errors } = await fleetglass(["simulate", ...small, ...args]);
    expect({ code, errors }).toEqual({ code: 64, errors: expect.stringContaining(says) });
  });

  describeWithMimir("on a real Mimir", (mimir) => {
    test("writes a window, its aggregates and its rules, and says where", async () => {
      const args = ["simulate", ...small, "--from", "-10m", "--days", "0", "--once"];
      const { code, out, errors } = await fleetglass(args, { MIMIR_URL: mimir.url });
      expect({ code, errors }).toEqual({ code: 0, errors: expect.stringContaining("100 %") });
      expect(out).toContain(`${mimir.url}/prometheus`);
      const found = await instant(mimir.url, "dev|stg|prd|ops", "cluster:node_cpu_utilisation:ratio_rate5m");
      expect(found).toHaveLength(4);
      const rules = await fetch(`${mimir.url}/prometheus/config/v1/rules`, { headers: { "X-Scope-OrgID": "dev" } });
      expect(await rules.text()).toContain("fleetglass-platform-core");
    }, 120_000);
  });
});
