/** What the instance looked like when a waiter gave up. */
export interface AcquireTimeoutDetails {
  /** In ms. */
  readonly waitedMs: number;
  /** Connections that were open: idle and borrowed. */
  readonly size: number;
  readonly borrowed: number;
  /** Others that went on waiting. */
  readonly pending: number;
  /** Connections that were still being opened. */
  readonly connecting: number;
  /** Label and age of the lease that is held longest, where one is held. */
  readonly oldest: { readonly label: string | undefined; readonly heldMs: number } | undefined;
}

export function ageOf({ oldest }: AcquireTimeoutDetails): string | undefined {
  if (!oldest) return undefined;
  const name = oldest.label === undefined ? '' : `"${oldest.label}" `;
  return `the oldest lease ${name}is held for ${Math.round(oldest.heldMs)} ms`;
}
