import type { ReactNode } from "react";

interface FleetTableProps {
  readonly columns: readonly string[];
  readonly label: string;
  /** Columns of numbers. */
  readonly numeric?: readonly string[];
  /** One or more bodies. */
  readonly children: ReactNode;
}

/** A table that scrolls by itself where the window is narrower. */
export function FleetTable({ columns, label, numeric = [], children }: FleetTableProps): JSX.Element {
  return (
    <div className="fleet-scroll" tabIndex={0} role="group" aria-label={label}>
      <table className="fleet-table">
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col" {...(numeric.includes(column) && { className: "fleet-number" })}>
                {column}
              </th>
            ))}
          </tr>
        </thead>
        {children}
      </table>
    </div>
  );
}
