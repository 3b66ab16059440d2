import { type LookupOptions, lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import type { ClusterOptions } from 'ioredis';

type DnsLookup = NonNullable<ClusterOptions['dnsLookup']>;
type Callback = Parameters<LookupFunction>[2];

/**
 * ioredis's `dnsLookup` as sockets take it. Here a name is looked up with each dial, so that it may come to mean another
 * node, and stays the name that a certificate is for. An answer that is no address, as in
 * `(name, callback) => callback(null, name)`, leaves it to the system.
 */
export function socketLookup(dnsLookup: DnsLookup): LookupFunction {
  return (name, options, callback) =>
    dnsLookup(name, (error, address, family) => {
      if (error) callback(error, '', 0);
      else if (isIP(String(address)) === 0) systemLookup(name, options as LookupOptions, callback as never);
      else answer(options, String(address), family ?? isIP(String(address)), callback);
    });
}

function answer(options: LookupOptions, address: string, family: number, callback: Callback): void {
  if (options.all) callback(null, [{ address, family }]);
  else callback(null, address, family);
}
