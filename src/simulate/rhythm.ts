import { between, draw, type Key } from "./random.ts";
import { day, hour, minute, week } from "./time.ts";

/**
 * The waves of which everything in a cluster is made: constant, the working day, the night's batch, and four unquiet
 * ones. Everything that happens is a weighted sum of them, so a node's processor time is exactly the sum of its pods',
 * and every counter has its integral in closed form, for any moment, without walking there.
 */
export const waves = 7;

/** Weights of the waves. */
export type Blend = readonly number[];

const hold = 4096;

/** A wave is a constant and some cosines: `mean + Σ a·cos(ω(t − φ))`. */
interface Cosine {
  readonly size: number;
  readonly period: number;
  readonly peak: number;
}

interface Wave {
  readonly mean: number;
  readonly cosines: readonly Cosine[];
}

/** The rhythm of one cluster: when its people work, and how it fidgets. Times are milliseconds, integrals count seconds. */
export class Rhythm {
  readonly #waves: readonly Wave[];
  readonly #values = new Map<number, Float64Array>();
  readonly #integrals = new Map<number, Float64Array>();

  constructor(...keys: readonly Key[]) {
    // Where its people live, as far as anybody knows: regions have names, not longitudes.
    const noon = 13 * hour - Math.round(between(-3, 6, "zone", ...keys)) * hour;
    const unquiet = [between(19, 29, "fast", ...keys) * minute, between(80, 130, "slow", ...keys) * minute];
    this.#waves = [
      { mean: 1, cosines: [] },
      {
        // The four sizes stay below 0.75 together: traffic never dies, and the unquiet waves never make it negative.
        mean: 1,
        cosines: [
          { size: 0.42, period: day, peak: noon },
          { size: 0.1, period: day / 2, peak: noon },
          // 1970 began on a Thursday: the week's peak is Wednesday.
          { size: 0.12, period: week, peak: noon - day },
          { size: 0.06, period: week / 2, peak: noon - 2 * day },
        ],
      },
      {
        mean: 1,
        cosines: [
          { size: 0.7, period: day, peak: noon + 13 * hour },
          { size: 0.2, period: day / 2, peak: noon + 13 * hour },
        ],
      },
      ...unquiet.flatMap((period): Wave[] => {
        const peak = draw("phase", period, ...keys) * period;
        return [
          { mean: 0, cosines: [{ size: 1, period, peak }] },
          { mean: 0, cosines: [{ size: 1, period, peak: peak + period / 4 }] },
        ];
      }),
    ];
  }

  values(ms: number): Float64Array {
    return remembered(this.#values, ms, () =>
      Float64Array.from(this.#waves, ({ mean, cosines }) =>
        cosines.reduce(
          (sum, { size, period, peak }) => sum + size * Math.cos((2 * Math.PI * (ms - peak)) / period),
          mean,
        ),
      ),
    );
  }

  integrals(ms: number): Float64Array {
    return remembered(this.#integrals, ms, () =>
      Float64Array.from(this.#waves, ({ mean, cosines }) =>
        cosines.reduce(
          (sum, { size, period, peak }) =>
            sum + ((size * period) / (2 * Math.PI * 1000)) * Math.sin((2 * Math.PI * (ms - peak)) / period),
          (mean * ms) / 1000,
        ),
      ),
    );
  }
}

/** Backfills ask for the same few hundred moments once per series: they are kept, and all forgotten when there are too many. */
function remembered(cache: Map<number, Float64Array>, ms: number, make: () => Float64Array): Float64Array {
  const found = cache.get(ms);
  if (found) return found;
  if (cache.size >= hold) cache.clear();
  const made = make();
  cache.set(ms, made);
  return made;
}

export function steady(size: number): Blend {
  return [size, 0, 0, 0, 0, 0, 0];
}

/** Mostly by day, `size` on average, with an unrest of its own that stays below a tenth. */
export function byDay(size: number, ...keys: readonly Key[]): Blend {
  return [0, size, 0, ...unrest(size, keys)];
}

export function byNight(size: number, ...keys: readonly Key[]): Blend {
  return [0, 0, size, ...unrest(size / 2, keys)];
}

function unrest(size: number, keys: readonly Key[]): number[] {
  return ["fast", "slow"].flatMap((speed) => {
    const turn = 2 * Math.PI * draw(speed, ...keys);
    return [0.045 * size * Math.cos(turn), 0.045 * size * Math.sin(turn)];
  });
}

export function scaled(blend: Blend, by: number): Blend {
  return blend.map((weight) => weight * by);
}

export function blended(...blends: readonly Blend[]): Blend {
  return Array.from({ length: waves }, (_, at) => blends.reduce((sum, blend) => sum + (blend[at] ?? 0), 0));
}

/** The most that a blend ever amounts to. */
export function crest(blend: Blend): number {
  const [constant = 0, working = 0, batch = 0, ...rest] = blend;
  return constant + 1.7 * working + 1.9 * batch + rest.reduce((sum, weight) => sum + Math.abs(weight), 0);
}
