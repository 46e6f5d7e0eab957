/** Text with code between backticks. */
export function Prose({ text }: { readonly text: string }): JSX.Element {
  return (
    <>
      {text
        .split("`")
        .map((piece, at) => (at % 2 === 1 ? <code key={at}>{piece}</code> : <span key={at}>{piece}</span>))}
    </>
  );
}
