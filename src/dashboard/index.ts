export type { DashboardData, DashboardField, JsonValue } from './data.js';
export { toDashboardData } from './data.js';
export type { Logger } from './logger.js';
export type {
  MarketIndex,
  MarketIndexName,
  MarketIndices,
  MarketIndicesOptions,
} from './market-indices.js';
export { storeMarketIndices } from './market-indices.js';
export type { DashboardOptions } from './options.js';
export { getRealtimeDashboardData, readDashboard } from './reader.js';
export type { DashboardResult } from './result.js';
