/** What every command ends with. */
export const exitCodes = {
  done: 0,
  /** An error, or findings. */
  failed: 1,
  /** Only `plan` and `publish --plan`: there is something to do. */
  changes: 2,
  /** The command line makes no sense (sysexits.h: EX_USAGE). */
  misuse: 64,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
