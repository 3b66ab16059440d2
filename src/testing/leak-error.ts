import { WithRedisError } from '../index.js';
import { describeLeaks } from './description.js';
import type { LeakReport } from './report.js';

/** A function leaves connections open. */
export class LeakError extends WithRedisError {
  override readonly name = 'LeakError';
  readonly code = 'ERR_WITH_REDIS_LEAK';
  readonly report: LeakReport;

  constructor(report: LeakReport) {
    super(describeLeaks(report));
    this.report = report;
  }
}
