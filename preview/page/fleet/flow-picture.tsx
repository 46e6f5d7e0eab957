import { useMemo, useState } from "react";
import type { PreviewBundle } from "../../bundle.ts";
import { type Flow, type FlowEdge, flowOf } from "./flow.ts";
import { boxWidth, flowLayout, type PlacedNode } from "./flow-layout.ts";
import "./flow.css";

/** A picture of the way that data go. What the mouse is on is lit with all that leads to it and from it. */
export function FlowPicture({ bundle }: { readonly bundle: PreviewBundle }): JSX.Element {
  const flow = useMemo(() => flowOf(bundle), [bundle]);
  const { columns, edges, height } = useMemo(() => flowLayout(flow), [flow]);
  const [at, look] = useState<string>();
  const lit = at === undefined ? undefined : connected(flow, at);
  const federated = edges.some(({ edge }) => edge.kind === "rules");
  return (
    <figure className="flow">
      <div className="flow-scroll" tabIndex={0} role="group" aria-labelledby="flow-title">
        <div className="flow-picture">
          <div className="flow-heads">
            {flow.columns.map(({ title }) => (
              <h3 key={title} style={{ width: `${boxWidth}%` }}>
                {title}
              </h3>
            ))}
          </div>
          <div className="flow-boxes" style={{ height }}>
            <svg viewBox={`0 0 100 ${Math.max(height, 1)}`} preserveAspectRatio="none" aria-hidden="true">
              {edges.map(({ edge, path }) => (
                <path
                  key={path + edge.kind}
                  d={path}
                  className={`flow-${edge.kind} ${litClass(lit && lit.has(edge.from) && lit.has(edge.to))}`}
                  vectorEffect="non-scaling-stroke"
                />
              ))}
            </svg>
            {columns.map((nodes, column) => (
              <ul key={flow.columns[column]?.title} aria-label={flow.columns[column]?.title}>
                {nodes.map((placed) => (
                  <Box
                    key={placed.node.id}
                    placed={placed}
                    edges={flow.edges}
                    titles={titlesOf(flow)}
                    className={litClass(lit?.has(placed.node.id))}
                    onLook={look}
                  />
                ))}
              </ul>
            ))}
          </div>
        </div>
      </div>
      <figcaption>
        Agents in the clusters write metrics, logs and traces into their tenant; data sources read tenants; boards read
        data sources.
        {federated && " A dashed line leads to the tenant whose ruler reads the others too."}
      </figcaption>
    </figure>
  );
}

interface BoxProps {
  readonly placed: PlacedNode;
  readonly edges: readonly FlowEdge[];
  readonly titles: ReadonlyMap<string, string>;
  readonly className: string;
  readonly onLook: (id: string | undefined) => void;
}

function Box({ placed: { node, left, top, height }, edges, titles, className, onLook }: BoxProps): JSX.Element {
  const { id, title, lines, href, mark } = node;
  const to = edges.filter((edge) => edge.from === id && edge.kind === "data").map((edge) => titles.get(edge.to) ?? "");
  return (
    <li
      className={`flow-box ${className}`}
      style={{ left: `${left}%`, top, width: `${boxWidth}%`, height }}
      onMouseEnter={() => onLook(id)}
      onMouseLeave={() => onLook(undefined)}
    >
      <strong title={title}>{href === undefined ? title : <a href={href}>{title}</a>}</strong>
      {lines.map((text) => (
        <span key={text} title={text}>
          {text}
        </span>
      ))}
      {mark !== undefined && (
        <span className="flow-mark" title={mark}>
          {mark}
        </span>
      )}
      {to.length > 0 && <span className="only-heard">{`leads to ${to.join(", ")}`}</span>}
    </li>
  );
}

function titlesOf({ columns }: Flow): ReadonlyMap<string, string> {
  return new Map(columns.flatMap(({ nodes }) => nodes.map(({ id, title }) => [id, title])));
}

/** A box with all that leads to it and all that it leads to. */
function connected({ edges }: Flow, id: string): ReadonlySet<string> {
  const data = edges.filter(({ kind }) => kind === "data");
  const follow = (step: (id: string) => readonly string[]): Set<string> => {
    const found = new Set([id]);
    for (const each of found) {
      step(each).forEach((next) => found.add(next));
    }
    return found;
  };
  return new Set([
    ...follow((each) => data.filter(({ from }) => from === each).map(({ to }) => to)),
    ...follow((each) => data.filter(({ to }) => to === each).map(({ from }) => from)),
    // Rules lead one step only.
    ...edges.filter(({ kind, from }) => kind === "rules" && from === id).map(({ to }) => to),
  ]);
}

function litClass(lit: boolean | undefined): string {
  return lit === undefined ? "" : lit ? "flow-lit" : "flow-dim";
}
