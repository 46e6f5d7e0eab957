/** In place of the code editor that Grafana's components load for editing queries: nothing is edited here. */
export function ReactMonacoEditor(): null {
  return null;
}
