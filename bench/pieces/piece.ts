/** One way to do something. */
export interface Piece {
  readonly name: string;
  /** Does it so many times; each way loops by itself, so that the optimiser sees it alone. */
  run(times: number): void | Promise<void>;
}

export interface PieceGroup {
  readonly group: string;
  /** The chosen one first. */
  readonly alternatives: readonly Piece[];
}
