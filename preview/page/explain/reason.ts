/** One reason why an expression gives nothing. */
export interface Reason {
  /** In words, with code between backticks. */
  readonly text: string;
  /** The part of the expression that it is about. */
  readonly part: string;
  /** Is it good news, such as that nothing is above a limit? */
  readonly fine?: boolean;
  /** Of a recorded metric: why the rule makes nothing. */
  readonly inner?: readonly Reason[];
}
