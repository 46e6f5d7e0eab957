/** What is wrong with a query, and where: offsets into the text as it was written, `to` excluded. */
export interface QueryError {
  readonly message: string;
  readonly from: number;
  readonly to: number;
}

/** Where a query stands: Grafana fills in `$variables` of a panel's first, a ruler's it does not. */
export interface QueryOptions {
  readonly grafana?: boolean;
}

/** What stops a parser: thrown inside, never out of it. */
export class SyntaxProblem extends Error {
  override readonly name = "SyntaxProblem";
  readonly from: number;
  readonly to: number;

  constructor(message: string, { from, to }: { readonly from: number; readonly to: number }) {
    super(message);
    this.from = from;
    this.to = to;
  }
}

/** How deep a query may nest. The servers' own parsers stop at some depth too, and nobody writes half of this. */
export const deepestNesting = 500;
