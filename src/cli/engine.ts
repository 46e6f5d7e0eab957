import { setFlagsFromString } from "node:v8";

/** Commands that go on until they are stopped, or compute for minutes. */
const lasting: ReadonlySet<string> = new Set(["simulate", "preview"]);

/**
 * Sets V8 for a command. Most are over in a second or two: inlining, which pays in programs that run on, costs them up to a
 * fifth of their CPU time.
 */
export function tuneEngine(command: string | undefined): void {
  if (!lasting.has(command ?? "")) setFlagsFromString("--no-turbo-inlining");
}
