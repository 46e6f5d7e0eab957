import { main } from "../../src/cli/program.ts";
import type { Environment } from "../../src/cli/servers.ts";

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly errors: string;
}

/** Runs one command line in this process, and keeps what it prints. */
export async function fleetglass(
  argv: readonly string[],
  environment: Environment = {},
  ask?: (question: string) => Promise<string>,
): Promise<Ran> {
  const out: string[] = [];
  const errors: string[] = [];
  const code = await main(argv, {
    print: (text) => void out.push(text),
    tell: (text) => void errors.push(text),
    environment,
    ...(ask && { ask }),
  });
  return { code, out: out.join("\n"), errors: errors.join("\n") };
}
