import { type Figure, spreadOf } from '../figures.js';
import { pieceGroups } from '../pieces/index.js';
import type { Piece } from '../pieces/piece.js';
import type { Scenario } from '../scenario.js';

/** What single steps cost in nanoseconds: what this package does, and what it could have done instead. */
export const pieces: Scenario = {
  title: 'Pieces of a scope: what was chosen and what was not',
  async run({ plan, progress }) {
    const figures: Figure[] = [];
    for (const { group, alternatives } of pieceGroups) {
      progress(group);
      const costs: number[][] = alternatives.map(() => []);
      // The first round is left to the optimiser.
      for (let round = 0; round <= plan.rounds; round += 1) {
        for (const [index, piece] of alternatives.entries()) {
          const nanos = await costOf(piece);
          if (round > 0) costs[index]!.push(nanos);
        }
      }
      for (const [index, { name }] of alternatives.entries()) {
        figures.push({ group, subject: name, own: index === 0, unit: 'ns', value: spreadOf(costs[index]!) });
      }
    }
    return figures;
  },
};

const batch = 10_000;
const enoughMs = 60;

async function costOf({ run }: Piece): Promise<number> {
  const startedAt = performance.now();
  let times = 0;
  let elapsedMs = 0;
  while (elapsedMs < enoughMs) {
    const end = run(batch);
    if (end) await end;
    times += batch;
    elapsedMs = performance.now() - startedAt;
  }
  return (elapsedMs * 1e6) / times;
}
