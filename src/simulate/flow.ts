import { type Blend, type Rhythm, scaled, waves } from "./rhythm.ts";
import { one, product, type Steps } from "./steps.ts";

/** How fast something happens: blends of the cluster's waves, each switched and scaled at certain moments. */
export interface Flow {
  readonly terms: readonly { readonly blend: Blend; readonly steps: Steps }[];
}

export function flow(blend: Blend, steps: Steps = one): Flow {
  return { terms: [{ blend, steps }] };
}

export const nothing: Flow = { terms: [] };

export function sum(flows: readonly Flow[]): Flow {
  return { terms: flows.flatMap(({ terms }) => terms) };
}

export function times({ terms }: Flow, by: number | Steps): Flow {
  return {
    terms: terms.map(({ blend, steps }) =>
      typeof by === "number" ? { blend: scaled(blend, by), steps } : { blend, steps: product(steps, by) },
    ),
  };
}

/** How fast it happens at a moment. */
export function level(flow: Flow, rhythm: Rhythm): (ms: number) => number {
  let curve: Curve | undefined;
  let last = Number.NaN;
  let value = 0;
  return (ms) => {
    if (ms !== last) {
      curve ??= new Curve(flow, rhythm, -Infinity);
      value = curve.rate(ms);
      last = ms;
    }
    return value;
  };
}

/**
 * How much has happened since the counter last started: the exact integral. Each life is worked out from its own start
 * alone, so that a value does not depend on the window somebody looks through.
 */
export function counter(flow: Flow, rhythm: Rhythm, starts: readonly number[]): (ms: number) => number {
  const curves = new Map<number, Curve>();
  let life = 0;
  let curve: Curve | undefined;
  let last = Number.NaN;
  let value = 0;
  return (ms) => {
    if (ms === last) return value;
    const before = life;
    if ((starts[life] ?? Infinity) > ms) life = 0;
    while ((starts[life + 1] ?? Infinity) <= ms) life++;
    if (!curve || life !== before) {
      const start = starts[life] ?? ms;
      curve = curves.get(start) ?? new Curve(flow, rhythm, start);
      curves.set(start, curve);
    }
    last = ms;
    value = curve.integral(ms);
    return value;
  };
}

/** A flow with its steps laid out: from each moment on, one blend, and what had happened by then. */
class Curve {
  readonly #rhythm: Rhythm;
  readonly #starts: Float64Array;
  readonly #blends: Float64Array;
  readonly #before: Float64Array;
  readonly #origins: readonly Float64Array[];
  #place = 0;

  constructor({ terms }: Flow, rhythm: Rhythm, origin: number) {
    this.#rhythm = rhythm;
    const moments = terms.flatMap(({ steps }) => steps.at.filter((at) => at > origin));
    const starts = [origin, ...[...new Set(moments)].sort((a, b) => a - b)];
    this.#starts = Float64Array.from(starts);
    this.#blends = new Float64Array(starts.length * waves);
    for (const { blend, steps } of terms) {
      let step = 0;
      for (let at = 0; at < starts.length; at++) {
        while ((steps.at[step + 1] ?? Infinity) <= (starts[at] ?? 0)) step++;
        const factor = steps.values[step] ?? 0;
        if (factor === 0) continue;
        for (let wave = 0; wave < waves; wave++) this.#blends[at * waves + wave]! += factor * (blend[wave] ?? 0);
      }
    }
    this.#before = new Float64Array(starts.length);
    this.#origins = origin === -Infinity ? [] : starts.map((start) => rhythm.integrals(start));
    if (origin === -Infinity) return;
    for (let at = 1; at < starts.length; at++) {
      this.#before[at] = (this.#before[at - 1] ?? 0) + this.#since(at - 1, starts[at] ?? 0);
    }
  }

  rate(ms: number): number {
    const at = this.#find(ms) * waves;
    const values = this.#rhythm.values(ms);
    let rate = 0;
    for (let wave = 0; wave < waves; wave++) rate += this.#blends[at + wave]! * values[wave]!;
    return rate;
  }

  integral(ms: number): number {
    const at = this.#find(ms);
    return this.#before[at]! + this.#since(at, ms);
  }

  #since(at: number, ms: number): number {
    const now = this.#rhythm.integrals(ms);
    const then = this.#origins[at]!;
    let sum = 0;
    for (let wave = 0; wave < waves; wave++) sum += this.#blends[at * waves + wave]! * (now[wave]! - then[wave]!);
    return sum;
  }

  #find(ms: number): number {
    const starts = this.#starts;
    if (starts[this.#place]! > ms) this.#place = 0;
    while (this.#place + 1 < starts.length && starts[this.#place + 1]! <= ms) this.#place++;
    return this.#place;
  }
}
