declare module "snappyjs" {
  /** One block in the raw format, as remote write wants it, not the framed format of files. */
  export function compress(uncompressed: Buffer): Buffer<ArrayBuffer>;
}
