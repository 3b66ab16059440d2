import { createDriver } from '../adapters/dialler.js';
import type { DriverSettings } from '../adapters/driver.js';
import type { Connection } from '../connection/connection.js';
import { type Clock, systemClock, systemRandom } from '../core/clock.js';
import type { Driver } from '../pool/opener.js';

/** What an instance takes from the world; tests bring their own. */
export interface Environment {
  readonly clock: Clock;
  readonly random: () => number;
  readonly createDriver: (settings: DriverSettings) => Driver<Connection>;
}

export const realEnvironment: Environment = { clock: systemClock, random: systemRandom, createDriver };
