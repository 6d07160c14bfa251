import { expect, onTestFinished, test } from 'vitest';
import { dialer } from '../../src/targets/endpoint/dial.ts';
import { Http1Connection } from '../../src/targets/endpoint/http1-connection.ts';
import { listening } from '../support/http2-client.ts';

test('a connection that a server takes and does not secure is not waited for without end', async () => {
  const port = await listening((socket) => void socket.resume().on('error', () => {}));
  const connection = new Http1Connection(
    {
      dial: dialer({ host: '127.0.0.1', port }, {}, 'http/1.1'),
      now: () => performance.now() * 1e6,
      events: { body: () => {}, answered: () => {}, failed: () => {} },
      memory: Buffer.alloc(1024),
      reuse: 'always',
      where: 'https://127.0.0.1',
    },
    0,
  );
  onTestFinished(() => connection.close());
  await expect(connection.open(50)).rejects.toThrow('https://127.0.0.1: no answer within 50 ms, expected one');
  expect(connection.isOpen).toBe(false);
});
