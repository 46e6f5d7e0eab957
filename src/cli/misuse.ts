/** The command line, and not the world, is wrong: exit code 64. */
export class Misuse extends Error {
  override readonly name = "Misuse";
}
