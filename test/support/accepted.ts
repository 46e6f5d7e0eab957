import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Nothing where the program is content, else what it says. */
export async function accepted(command: string, args: readonly string[], environment: object = {}): Promise<string> {
  try {
    await run(command, args, { env: { ...process.env, ...environment }, maxBuffer: Infinity });
    return "";
  } catch (error) {
    const { stdout = "", stderr = "", message } = error as { stdout?: string; stderr?: string; message: string };
    return `${message}\n${stdout}\n${stderr}`;
  }
}
