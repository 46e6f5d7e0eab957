import { type Campaign, type FaultName, faultNames, faults, seeded, startCampaign } from "../support/fault-campaign.ts";
import { killedAt, twoAtOnce } from "../support/killed.ts";
import { describeWithMimir } from "../support/needs.ts";

describeWithMimir("publishing when all goes wrong", (mimir) => {
  let campaign: Campaign;
  beforeAll(async () => {
    campaign = await startCampaign(mimir.url, { tenants: 2, groups: 8, boards: 8, sources: 4 });
    expect(await campaign.run(() => undefined)).toMatchObject({ faults: 0, failed: 0, broken: [] });
  });
  afterAll(() => campaign.stop());

  test.each(faultNames)(
    "%s, now and then: nothing is lost, and the summary is true",
    async (name: FaultName) => {
      const { faults: injected, broken } = await campaign.run((at, _, phase) =>
        phase === "apply" && at % 6 === 0 ? faults[name] : undefined,
      );
      expect(broken).toEqual([]);
      expect(injected).toBeGreaterThan(0);
    },
    30_000,
  );

  test.each([
    { write: 1, when: "after" },
    { write: 5, when: "before" },
  ] as const)(
    "killed $when write $write: the next run carries on, and both can be undone",
    async (kill) => {
      expect(await killedAt(mimir.url, kill)).toEqual({ killed: true, broken: [] });
    },
    60_000,
  );

  test("two publishers at once, of two versions: the next run has the last word", async () => {
    const broken = await twoAtOnce(mimir.url);
    expect(broken).toEqual([]);
  }, 30_000);

  test.each([1, 2])(
    "anything at any time, seed %d",
    async (seed) => {
      const random = seeded(seed);
      const { faults: injected, broken } = await campaign.run((at, _, phase) =>
        phase === "apply" && random() < 0.2
          ? faults[faultNames[Math.floor(random() * faultNames.length)] ?? "500"]
          : undefined,
      );
      expect(broken).toEqual([]);
      expect(injected).toBeGreaterThan(0);
    },
    60_000,
  );
});
