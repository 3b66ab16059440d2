/** A project that has the package, and what runs a file of its own there. */
export interface Place {
  readonly name: string;
  /** Brings the tarball and that ioredis into the folder. */
  readonly prepare: (folder: string, tarball: string, ioredis: string) => Promise<void>;
  readonly command: (folder: string) => readonly string[];
  /** Checks that cannot be made there. */
  readonly leftOut?: readonly string[];
}
