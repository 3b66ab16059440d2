import { writeSync } from 'node:fs';
import { checkLeaks } from '../../../../src/testing/index.js';

/** Checks one function of one file and says the report on descriptor 3; what leaked ends with this process. */
const [file, name, options] = process.argv.slice(2) as [string, string, string];
const { [name]: fn } = await import(file);
const report = await checkLeaks(fn, JSON.parse(options));
const { samples: _, ...connections } = report.connections;
writeSync(3, `${JSON.stringify({ report: { ...report, connections } })}\n`);
process.exit();
