import { WithRedisError } from '../index.js';
import { describeReport } from './description.js';
import type { LeakReport } from './report.js';

/** A function leaves connections open, or it has not been shown that it does not; `report.verdict` says which. */
export class LeakError extends WithRedisError {
  override readonly name = 'LeakError';
  readonly code = 'ERR_WITH_REDIS_LEAK';
  readonly report: LeakReport;

  constructor(report: LeakReport, cause?: unknown) {
    super(describeReport(report), { cause });
    this.report = report;
  }
}
