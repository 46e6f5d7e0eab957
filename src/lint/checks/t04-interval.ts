import type { Check } from "../check.ts";
import { intervalOf, lookback } from "../durations.ts";

/** What is recorded every ten minutes is gone for five of them. */
export const intervalOverLookback: Check = {
  id: "T04",
  about: "A series is found for five minutes after its last sample: recorded more rarely it has gaps.",
  severity: "error",
  group(group) {
    if (intervalOf(group) <= lookback || !group.rules.some(({ kind }) => kind === "record")) return undefined;
    return {
      thing: group,
      message: `the interval ${group.interval} is over the lookback of 5m: what it records has gaps`,
    };
  },
};
