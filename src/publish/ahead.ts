import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { Call } from "./http.ts";
import type { Target } from "./target.ts";

/** Who asks early hears when the question is on its way, and may give it up. */
export type Early = Pick<Call, "onSent" | "signal">;

export interface Ahead<T> {
  /** Asks now. Done when the question is on its way, whatever the answer will be. */
  readonly begin: (signal: AbortSignal) => Promise<void>;
  /** The answer to what was asked early, once; it is asked anew after that. */
  readonly answer: () => Promise<T>;
}

/** A server that is not even reached after so long, in milliseconds, must not keep findings from being told. */
const patience = 1000;

/** Asks all of them for what they will be asked for. What nobody has taken by the end of `work` is given up. */
export async function withAhead<T>(
  work: (begin: (targets: readonly Target[]) => Promise<void>) => Promise<T>,
): Promise<T> {
  const givenUp = new AbortController();
  // Each question listens, and there are as many as targets.
  setMaxListeners(0, givenUp.signal);
  try {
    return await work(async (targets) => {
      const asked = targets.map(async ({ ahead: early }) => early?.(givenUp.signal));
      await Promise.race([Promise.all(asked), sleep(patience, undefined, { ref: false })]);
    });
  } finally {
    givenUp.abort();
  }
}

/** A question that a server can think about while we generate and lint. */
export function ahead<T>(ask: (early?: Early) => Promise<T>): Ahead<T> {
  let asked: Promise<T> | undefined;
  return {
    begin: (signal) =>
      new Promise((resolve) => {
        asked = ask({ signal, onSent: resolve });
        // A failure is told to whoever wants the answer.
        asked.then(
          () => resolve(),
          () => resolve(),
        );
      }),
    answer() {
      const early = asked ?? ask();
      asked = undefined;
      return early;
    },
  };
}
