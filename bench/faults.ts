import { startServer } from "../src/servers/server.ts";
import { type Decide, faultNames, faults, seeded, startCampaign } from "../test/support/fault-campaign.ts";
import { type Kill, killedAt, twoAtOnce } from "../test/support/killed.ts";

const seeds = 10;

/** What does a publisher lose in a storm? Every kind of fault at every request of a run, then at random; kills; two at once. */
export async function publishFaults(): Promise<string> {
  const mimir = await startServer({ name: "mimir", env: { MIMIR_LOOKBACK: "5m" } });
  const campaign = await startCampaign(mimir.url, { tenants: 4, groups: 40, boards: 120, sources: 20 });
  const rows: string[] = [];
  const broken: string[] = [];
  let total = 0;
  const tell = (row: string): void => {
    rows.push(row);
    process.stderr.write(`${row}\n`);
  };
  const note = async (what: string, decides: readonly Decide[]): Promise<void> => {
    let [injected, requests, failed] = [0, 0, 0];
    for (const decide of decides) {
      const outcome = await campaign.run(decide);
      injected += outcome.faults;
      requests += outcome.requests;
      failed += outcome.failed;
      const lost = outcome.broken.map((text) => `${what}: ${text}`);
      broken.push(...lost);
      for (const line of lost.slice(0, 5)) process.stderr.write(`  LOST ${line}\n`);
    }
    total += injected;
    tell(
      `  ${what.padEnd(44)} ${String(injected).padStart(5)} faults in ${String(requests).padStart(5)} requests, ${failed} steps failed and were told of`,
    );
  };
  try {
    await campaign.run(() => undefined);
    for (const name of faultNames) {
      // Each request of a run is hit in one of three; what is asked again is not.
      await note(
        `${name}, once`,
        [0, 1, 2].map(
          (rest): Decide =>
            (at, _, phase) =>
              phase === "apply" && at % 3 === rest ? faults[name] : undefined,
        ),
      );
      // A plan asks much less, and may not write when it fails.
      await note(
        `${name}, while planning`,
        [0, 1].map(
          (rest): Decide =>
            (at, _, phase) =>
              phase === "plan" && at % 2 === rest ? faults[name] : undefined,
        ),
      );
      // A fifth of all things stays broken for the whole run.
      await note(`${name}, for good`, [
        (_at, { method, path }, phase) =>
          phase === "apply" && method !== "GET" && sum(path) % 10 < 2 ? faults[name] : undefined,
      ]);
    }
    for (let seed = 1; seed <= seeds; seed += 1) {
      const random = seeded(seed);
      await note(`at random, seed ${seed}`, [
        (_at, _, phase) =>
          phase === "apply" && random() < 0.2
            ? faults[faultNames[Math.floor(random() * faultNames.length)] ?? "500"]
            : undefined,
      ]);
    }
    let kills = 0;
    for (let write = 0; ; write += 2) {
      // Each starts a dozen processes one after the other: four at a time keep the machine busy.
      const some = await Promise.all(
        [write, write + 1].flatMap((one) =>
          (["before", "after"] as const).map((when) => killedAt(mimir.url, { write: one, when } satisfies Kill)),
        ),
      );
      broken.push(...some.flatMap((one) => one.broken));
      kills += some.filter(({ killed }) => killed).length;
      if (some.some(({ killed }) => !killed)) break;
    }
    tell(`  ${kills} kills, one before and one after each write of a run`);
    broken.push(...(await twoAtOnce(mimir.url)));
    tell("  two publishers at once");
    return `${rows.join("\n")}\n  ${total + kills} faults, ${broken.length} lost: promises that were broken\n${broken.slice(0, 20).join("\n")}`;
  } finally {
    await campaign.stop();
    await mimir.stop();
  }
}

function sum(text: string): number {
  return [...text].reduce((all, char) => (all * 31 + (char.codePointAt(0) ?? 0)) % 9973, 7);
}
