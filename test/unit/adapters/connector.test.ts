import type { LookupFunction } from 'node:net';
import { createServer } from 'node:tls';
import { expect, it } from 'vitest';
import { Connector } from '../../../src/adapters/connector.js';
import { type Certificate, makeCertificate } from '../../support/certificates.js';
import { eventually } from '../../support/harness.js';

/** A server that speaks TLS and says `before` at once, and `after` to whatever it is told. */
async function startSpeaker({ cert, key }: Certificate) {
  const server = createServer({ cert, key }, (socket) => {
    socket.on('error', () => {}).write('before');
    socket.on('data', () => socket.write('after'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as { port: number }).port, close: () => server.close() };
}

it('over TLS names are looked up as it is told, and what was read stays when more is read', async () => {
  const certificate = await makeCertificate();
  const speaker = await startSpeaker(certificate);
  const asked: string[] = [];
  const lookup: LookupFunction = (name, { all }, callback) => {
    asked.push(name);
    if (all) callback(null, [{ address: '127.0.0.1', family: 4 }]);
    else callback(null, '127.0.0.1', 4);
  };
  const tls = { ca: certificate.cert, servername: 'localhost' };
  const connector = new Connector({ host: 'node.invalid', port: speaker.port, tls, lookup } as object);
  const socket = await connector.connect();
  const pieces: Buffer[] = [];
  socket.on('data', (piece: Buffer) => pieces.push(piece));
  const heard = (count: number) =>
    eventually(
      () => pieces.length,
      (length) => length === count,
    );
  await heard(1);
  socket.write('more');
  await heard(2);
  connector.disconnect();
  socket.destroy();
  speaker.close();
  certificate.remove();
  expect(asked).toEqual(['node.invalid']);
  expect(pieces.map(String)).toEqual(['before', 'after']);
});
