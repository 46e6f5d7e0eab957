import { createInterface } from "node:readline";
import { Misuse } from "./misuse.ts";
import type { World } from "./run.ts";

// A reader that has seen enough, such as `head`, is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

/** The real outside: results to standard output, all else to standard error. */
export const terminal: World = {
  print: (text) => process.stdout.write(`${text}\n`),
  tell: (text) => process.stderr.write(`${text}\n`),
  environment: process.env,
  ...(process.stdin.isTTY && { ask }),
};

let asking: ((question: string) => Promise<string>) | undefined;

function ask(question: string): Promise<string> {
  asking ??= asker();
  return asking(question);
}

/** One reader for all questions: lines that were typed ahead, or pasted, answer those that follow. */
function asker(): (question: string) => Promise<string> {
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  const ahead: string[] = [];
  let ended = false;
  let settle: ((line: string | undefined) => void) | undefined;
  reader.on("line", (line) => {
    const waiting = settle;
    settle = undefined;
    if (waiting) waiting(line);
    else ahead.push(line);
  });
  reader.on("close", () => {
    ended = true;
    settle?.(undefined);
  });
  return async (question) => {
    reader.setPrompt(question);
    reader.prompt();
    const line =
      ahead.shift() ?? (ended ? undefined : await new Promise<string | undefined>((answered) => (settle = answered)));
    if (line === undefined) throw new Misuse("nobody answers any more; nothing was written");
    // Whoever waits for nothing keeps no program from ending.
    reader.pause();
    return line;
  };
}
