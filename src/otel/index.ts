export { type Instrumentation, type InstrumentationOptions, instrumentWithRedis } from './instrumentation.js';
