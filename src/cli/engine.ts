import { setFlagsFromString } from "node:v8";

/** Commands that go on until they are stopped, or compute for minutes. */
const lasting: ReadonlySet<string> = new Set(["simulate", "preview"]);

/** Inlining pays in programs that run on; what is over in a second or two it costs up to a fifth of its CPU time. */
export const shortLived = "--no-turbo-inlining";

/** Sets V8 for a command. */
export function tuneEngine(command: string | undefined): void {
  if (!lasting.has(command ?? "")) setFlagsFromString(shortLived);
}
