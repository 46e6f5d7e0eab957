/**
 * The same value, with the parts of `like` wherever they are alike: thousands of boards as they are there take no memory
 * beside those that are wanted, if they are the same.
 */
export function shared<T>(value: T, like: unknown): T {
  if (value === like || typeof value !== "object" || value === null || typeof like !== "object" || like === null) {
    return value;
  }
  const given = value as Readonly<Record<string, unknown>>;
  const known = like as Readonly<Record<string, unknown>>;
  const names = Object.keys(given);
  const parts = names.map((name) => (Object.hasOwn(known, name) ? shared(given[name], known[name]) : given[name]));
  const isAlike =
    Array.isArray(value) === Array.isArray(like) &&
    names.length === Object.keys(known).length &&
    names.every((name, at) => Object.hasOwn(known, name) && parts[at] === known[name]);
  if (isAlike) return like as T;
  return (Array.isArray(value) ? parts : Object.fromEntries(names.map((name, at) => [name, parts[at]]))) as T;
}
