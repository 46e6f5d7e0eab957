/** Is a version older than another? One that says no numbers, such as a build of one's own, is not. */
export function isOlder(version: string, [major, minor]: readonly [number, number]): boolean {
  const [, first, second] = /^v?(\d+)\.(\d+)/u.exec(version) ?? [];
  if (first === undefined) return false;
  return Number(first) < major || (Number(first) === major && Number(second) < minor);
}
