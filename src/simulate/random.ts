/** What a drawn value is called. The same name in the same world always draws the same value, whoever asks, and when. */
export type Key = string | number;

/**
 * 32 bits that look random and depend on the keys only. Drawing by name and not in sequence is what keeps a world the
 * same when something is added to it, and lets any moment of it be asked for alone.
 */
export function hash(...keys: readonly Key[]): number {
  let bits = 0x811c9dc5;
  for (const key of keys) {
    const text = String(key);
    for (let at = 0; at < text.length; at++) bits = Math.imul(bits ^ text.charCodeAt(at), 0x01000193);
    bits = Math.imul(bits ^ 0x1f, 0x01000193);
  }
  // The finaliser of MurmurHash3: FNV alone leaves names that differ in their last letter close together.
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** From 0 up to 1, without 1. */
export function draw(...keys: readonly Key[]): number {
  return hash(...keys) / 2 ** 32;
}

export function between(low: number, high: number, ...keys: readonly Key[]): number {
  return low + (high - low) * draw(...keys);
}

/** A whole number, by chance the next higher or lower one, so that on average it is `value`. */
export function whole(value: number, ...keys: readonly Key[]): number {
  return Math.floor(value + draw(...keys));
}

/** The letters of k8s.io/apimachinery/pkg/util/rand: no vowels, so that no name becomes a word. */
const safeLetters = "bcdfghjklmnpqrstvwxz2456789";

/** What Kubernetes puts behind a generated name. */
export function suffix(length: number, ...keys: readonly Key[]): string {
  return Array.from({ length }, (_, at) => safeLetters[hash(at, ...keys) % safeLetters.length]).join("");
}

export function uuid(...keys: readonly Key[]): string {
  const hex = Array.from({ length: 4 }, (_, at) => hexadecimal(hash(at, ...keys))).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-9${hex.slice(17, 20)}-${hex.slice(20)}`;
}

/** Numbers like those of `draw`, as many as are wanted. */
export type Stream = () => number;

/**
 * For what takes many numbers at once, and always in the same order: sfc32 of PractRand, started from three hashes of the
 * keys, since one would let two of a hundred thousand streams be the same.
 */
export function stream(...keys: readonly Key[]): Stream {
  let a = hash(0, ...keys) | 0;
  let b = hash(1, ...keys) | 0;
  let c = hash(2, ...keys) | 0;
  let counter = 1;
  const next = (): number => {
    const bits = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + bits) | 0;
    return (bits >>> 0) / 2 ** 32;
  };
  for (let round = 0; round < 12; round++) next();
  return next;
}

/** From the normal distribution of mean 0 and deviation 1 (Box and Muller). */
export function normal(random: Stream): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Eight hexadecimal digits for each word. */
export function hex(words: number, random: Stream): string {
  let text = "";
  for (let word = 0; word < words; word++) text += hexadecimal(Math.floor(random() * 2 ** 32));
  return text;
}

function hexadecimal(bits: number): string {
  return bits.toString(16).padStart(8, "0");
}
