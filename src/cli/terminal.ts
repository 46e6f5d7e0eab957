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

function ask(question: string): Promise<string> {
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  return new Promise((answered, ended) => {
    const nobody = (): void => ended(new Misuse("nobody answers any more; nothing was written"));
    reader.once("close", nobody);
    reader.question(question, (answer) => {
      reader.off("close", nobody);
      reader.close();
      answered(answer);
    });
  });
}
