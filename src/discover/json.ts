/** What a text says as JSON; undefined where it is none, such as a page that stands before a server. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
