import { union, type Window } from "./time.ts";

/** A value that changes at certain moments only. `values[i]` holds from `at[i]` on; `at[0]` is the beginning of time. */
export interface Steps {
  readonly at: readonly number[];
  readonly values: readonly number[];
}

export function always(value: number): Steps {
  return { at: [-Infinity], values: [value] };
}

export const one: Steps = always(1);

/** One value inside the windows, another outside them. */
export function during(windows: readonly Window[], inside: number, outside: number): Steps {
  const merged = union(windows);
  if (merged.length === 0) return always(outside);
  const at = [-Infinity];
  const values = [outside];
  for (const { from, to } of merged) {
    if (from === -Infinity) values[0] = inside;
    else {
      at.push(from);
      values.push(inside);
    }
    if (to < Infinity) {
      at.push(to);
      values.push(outside);
    }
  }
  return { at, values };
}

export function combine(all: readonly Steps[], by: (values: readonly number[]) => number): Steps {
  const at = [...new Set(all.flatMap((steps) => steps.at))].sort((a, b) => a - b);
  const places = all.map(() => 0);
  const values = at.map((time) =>
    by(
      all.map((steps, which) => {
        let place = places[which] ?? 0;
        while ((steps.at[place + 1] ?? Infinity) <= time) place++;
        places[which] = place;
        return steps.values[place] ?? 0;
      }),
    ),
  );
  return { at, values };
}

export function product(...all: readonly Steps[]): Steps {
  const told = all.filter((steps) => steps !== one);
  const [first = one] = told;
  return told.length <= 1 ? first : combine(told, (values) => values.reduce((a, b) => a * b, 1));
}

export function total(all: readonly Steps[]): Steps {
  return all.length === 0 ? always(0) : combine(all, (values) => values.reduce((a, b) => a + b, 0));
}

/** The steps as a function of time. Remembers where it was: it is asked in the order of time. */
export function valueOf({ at, values }: Steps): (ms: number) => number {
  const only = values[0] ?? 0;
  if (at.length === 1) return () => only;
  let place = 0;
  return (ms) => {
    if ((at[place] ?? Infinity) > ms) place = 0;
    while ((at[place + 1] ?? Infinity) <= ms) place++;
    return values[place] ?? 0;
  };
}

/** Is something there? Asked for each of many series at the same moment, so it keeps its last answer. */
export class Presence {
  readonly windows: readonly Window[];
  #place = 0;
  #ms = Number.NaN;
  #answer = false;

  constructor(windows: readonly Window[]) {
    this.windows = union(windows);
  }

  at(ms: number): boolean {
    if (ms === this.#ms) return this.#answer;
    const { windows } = this;
    while (this.#place > 0 && (windows[this.#place - 1]?.to ?? 0) > ms) this.#place--;
    while ((windows[this.#place]?.to ?? Infinity) <= ms) this.#place++;
    this.#ms = ms;
    this.#answer = (windows[this.#place]?.from ?? Infinity) <= ms;
    return this.#answer;
  }
}
