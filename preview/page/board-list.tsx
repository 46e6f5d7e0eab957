import { Alert, Card, Stack, TagList, Text } from "@grafana/ui";
import type { PreviewBoard, PreviewBundle } from "../bundle.ts";

/** Every board of the bundle, by folder. */
export function BoardList({ bundle }: { readonly bundle: PreviewBundle }): JSX.Element {
  const folders = Map.groupBy(bundle.boards, ({ folder }) => folder);
  return (
    <Stack direction="column" gap={3}>
      {bundle.problems.map((problem) => (
        <Alert key={problem} severity="warning" title={problem} />
      ))}
      {[...folders].map(([folder, boards]) => (
        <section key={folder} aria-label={folder}>
          <Text element="h2" variant="h4">
            {folder}
          </Text>
          {boards.map((board) => (
            <BoardCard key={board.uid} board={board} />
          ))}
        </section>
      ))}
    </Stack>
  );
}

function BoardCard({ board }: { readonly board: PreviewBoard }): JSX.Element {
  return (
    <Card href={`/d/${board.uid}`} noMargin>
      <Card.Heading>{board.title}</Card.Heading>
      <Card.Description>{board.description}</Card.Description>
      <Card.Tags>
        <TagList tags={[...board.tags]} />
      </Card.Tags>
    </Card>
  );
}
