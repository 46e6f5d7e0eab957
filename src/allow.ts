/** A finding of the linter that is known and accepted, and why. */
export interface Allow {
  /** Id of the check: `C01`; or `global` for a query that means all clusters together. */
  readonly check: string;
  readonly because: string;
  /** Said of many things at once, so that it is no finding where it silences nothing. */
  readonly mayBeIdle?: true;
}
