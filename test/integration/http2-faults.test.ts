import { once } from 'node:events';
import type { ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { frameHead, SETTING, SETTINGS_ACK, settingsFrame, TYPE } from '../../src/targets/endpoint/http2/frame.ts';
import { bodyOf, Client, echo, listening, ok, request, served } from '../support/http2-client.ts';

test('a server that takes a connection and says nothing is given up, and asked on another', async () => {
  const sockets: Socket[] = [];
  const port = await listening((socket) => void sockets.push(socket.resume()));
  const client = new Client(port);
  for (const connections of [1, 2]) {
    await expect(client.carrier.exchange(request(), 50)).rejects.toThrow(/: no answer within 50 ms, expected one$/u);
    await expect.poll(() => sockets.length).toBe(connections);
  }
  await expect.poll(() => sockets.every(({ closed }) => closed)).toBe(true);
});

test.each([
  [400, 13],
  [401, 16],
  [403, 7],
  [404, 12],
  [418, 2],
  [429, 14],
  [502, 14],
  [503, 14],
])('HTTP %d in place of a gRPC status is status %d, as gRPC has it', async (http, status) => {
  const { port } = await served((stream) => {
    stream.respond({ ':status': http, 'content-type': 'text/html' });
    stream.end('<h1>Not now</h1>');
  });
  const client = new Client(port, { statusIn: 'grpc-status' }).feed(request());
  expect(await client.ask(0)).toMatchObject({ status, code: '' });
  expect(client.carrier.messageOf(0)).toBe(`HTTP ${http} and no gRPC status`);
});

test('an answer of gRPC that has no status and is no error of HTTP either is said to lack one', async () => {
  const { port } = await served((stream) => {
    stream.respond({ ':status': 200, 'content-type': 'text/html' });
    stream.end('<h1>Welcome</h1>');
  });
  const client = new Client(port, { statusIn: 'grpc-status' }).feed(request());
  expect((await client.ask(0)).code).toMatch(/^target-error no-status: .* answered without a gRPC status/u);
});

/** A head with a literal field of each. */
const headOf = (fields: Readonly<Record<string, string>>): Buffer =>
  Buffer.concat(
    Object.entries(fields).map(([name, value]) =>
      Buffer.concat([Buffer.of(0, name.length), Buffer.from(name), Buffer.of(value.length), Buffer.from(value)]),
    ),
  );

const frame = (type: number, flags: number, payload: Buffer, stream = 1): Buffer =>
  Buffer.concat([frameHead(type, flags, stream, payload.length), payload]);

const END_HEADERS = 4;
const END_STREAM = 1;
const head = (fields: Readonly<Record<string, string>>, flags = 0, stream = 1): Buffer =>
  frame(TYPE.headers, END_HEADERS | flags, headOf(fields), stream);
const body = (text: string, flags = 0): Buffer => frame(TYPE.data, flags, Buffer.from(text));

test.each([
  ['shorter than it says', [head({ ':status': '200', 'content-length': '9' }), body('short', END_STREAM)], 5, 9],
  ['longer than it says', [head({ ':status': '200', 'content-length': '3' }), body('longer'), body('')], 6, 3],
  ['none although it says one', [head({ ':status': '200', 'content-length': '3' }, END_STREAM)], 0, 3],
])('an answer whose body is %s is none', async (_, frames, came, said) => {
  const port = await listening((socket) => {
    socket.on('error', () => {});
    socket.write(settingsFrame([]));
    socket.once('data', () => socket.write(Buffer.concat(frames)));
  });
  const client = new Client(port).feed(request());
  expect((await client.ask(0)).code).toContain(
    `found ${came} bytes of a body of ${said}, as its content-length has it`,
  );
});

test.each([
  ['without a status', [head({ server: 'x' }, END_STREAM)], 'found a head without a status'],
  ['that promises another and ends', [head({ ':status': '100' }, END_STREAM)], 'found the status 100'],
  ['of another protocol', [head({ ':status': '101' })], 'found the status 101'],
])('a head %s is none of an answer', async (_, frames, found) => {
  const port = await listening((socket) => {
    socket.on('error', () => {});
    socket.write(settingsFrame([]));
    socket.once('data', () => socket.write(Buffer.concat(frames)));
  });
  const client = new Client(port).feed(request());
  expect((await client.ask(0)).code).toContain(`protocol: http://127.0.0.1:${port}: ${found}`);
});

test('what has no body may say the length of one', async () => {
  const { port } = await served((stream, headers) => {
    const isHead = headers[':method'] === 'HEAD';
    stream.respond({ ':status': isHead ? 200 : 304, 'content-length': '5' }, { endStream: true });
  });
  expect(await new Client(port).feed(request({ method: 'HEAD' })).ask(0)).toEqual(ok());
  expect(await new Client(port).feed(request()).ask(0)).toMatchObject({ status: 304, code: '' });
});

test('a server that gives as much room as there may be, and gives back what was used of it, is let do so', async () => {
  const port = await listening((socket) => {
    socket.on('error', () => {});
    socket.write(settingsFrame([[SETTING.window, 2 ** 31 - 1]]));
    let came = '';
    let answered = 0;
    socket.on('data', (bytes) => {
      came += bytes.toString('latin1');
      for (const bodies = came.split('hello').length - 1; answered < bodies; answered++) {
        const id = 1 + 2 * answered;
        const room = Buffer.concat([frameHead(TYPE.windowUpdate, 0, id, 4), Buffer.of(0, 0, 0, 'hello'.length)]);
        socket.write(Buffer.concat([room, head({ ':status': '200' }, END_STREAM, id)]));
      }
    });
  });
  const client = new Client(port).feed(request({ body: bodyOf('hello') }));
  // The second one is sent in one piece: its head is known by then.
  for (let asked = 0; asked < 3; asked++) expect(await client.ask(0)).toEqual(ok());
});

test('a connection whose server leaves is closed with the last request on it, given up as it may be', async () => {
  const sockets: Socket[] = [];
  const port = await listening((socket) => {
    sockets.push(socket.on('error', () => {}));
    socket.write(settingsFrame([]));
    // Stream 1 is taken, and never answered.
    socket.once('data', () =>
      socket.write(Buffer.concat([frameHead(TYPE.goAway, 0, 0, 8), Buffer.of(0, 0, 0, 1, 0, 0, 0, 0)])),
    );
  });
  const client = new Client(port).feed(request());
  void client.ask(0);
  await expect
    .poll(() => {
      client.carrier.cancel(1);
      void client.ask(1);
      return sockets.length;
    })
    .toBe(2);
  const closed = once(sockets[0] as Socket, 'close');
  client.carrier.cancel(0);
  await closed;
});

test('a server that closes its half of a connection answers nothing more', async () => {
  const port = await listening((socket) => {
    socket.on('error', () => {});
    socket.write(Buffer.concat([settingsFrame([]), SETTINGS_ACK]));
    socket.once('data', () => socket.end());
  });
  const client = new Client(port).feed(request());
  expect((await client.ask(0)).code).toMatch(/^target-error closed: .* closed the connection before it had answered$/u);
});

test('a head without end breaks its connection, and the next request opens another', async () => {
  let connections = 0;
  const port = await listening((socket) => {
    connections++;
    socket.on('error', () => {});
    socket.write(settingsFrame([]));
    const more = Buffer.concat([frameHead(TYPE.continuation, 0, 1, 16_384), Buffer.alloc(16_384)]);
    socket.once('data', () => {
      socket.write(frameHead(TYPE.headers, 0, 1, 0));
      for (let i = 0; i < 5; i++) socket.write(more);
    });
  });
  const client = new Client(port).feed(request());
  for (const opened of [1, 2]) {
    expect((await client.ask(0)).code).toMatch(/^target-error protocol: .*found fields of more than 65536 bytes/u);
    expect(connections).toBe(opened);
  }
});

test('why a server leaves is told of the requests that it does not answer', async () => {
  const says = Buffer.from('too_many_pings');
  const port = await listening((socket) => {
    socket.on('error', () => {});
    socket.write(settingsFrame([]));
    const goAway = Buffer.concat([
      frameHead(TYPE.goAway, 0, 0, 8 + says.length),
      Buffer.of(0, 0, 0, 1, 0, 0, 0, 11),
      says,
    ]);
    // Stream 1 is taken, and not answered.
    socket.once('data', () => socket.end(goAway));
  });
  const client = new Client(port).feed(request());
  const both = await Promise.all([client.ask(0), client.ask(1)]);
  expect(both.map(({ code }) => code.replace(/:.*:\d+ /u, ': '))).toEqual([
    'target-error closed: closed the connection before it had answered (GOAWAY ENHANCE_YOUR_CALM: too_many_pings)',
    'rejected refused-stream: refused the stream (GOAWAY ENHANCE_YOUR_CALM: too_many_pings)',
  ]);
});

test('a server that allows fewer streams under load is sent no more of them at a time, and none is refused', async () => {
  const held: ServerHttp2Stream[] = [];
  const { port, sessions } = await served((stream, headers) => {
    if (headers[':path'] === '/held') held.push(stream);
    else echo(stream, headers);
  });
  const client = new Client(port).feed(request({ path: '/held' }), request({ body: bodyOf('a') }));
  expect(await client.ask(0, 1)).toEqual(ok('a'));
  await new Promise<void>((resolve) => sessions[0]?.settings({ maxConcurrentStreams: 1 }, () => resolve()));
  const first = client.ask(0, 0);
  const others = [1, 2, 3].map((place) => client.ask(place, 1));
  await expect.poll(() => held.length).toBe(1);
  client.carrier.cancel(3);
  held[0]?.respond({ ':status': 200 });
  held[0]?.end();
  expect(await Promise.all([first, ...others.slice(0, 2)])).toEqual([ok(), ok('a'), ok('a')]);
  expect(await client.ask(3, 1)).toEqual(ok('a'));
  expect(sessions.length).toBe(1);
});

test('a connection on which nothing comes any more is left to those in flight on it, and others go on a new one', async () => {
  const state = { atNs: 0 };
  const held: ServerHttp2Stream[] = [];
  const { port, sessions } = await served((stream, headers) => {
    if (headers[':path'] === '/held') held.push(stream);
    else echo(stream, headers);
  });
  const client = new Client(port, { now: () => state.atNs }).feed(
    request({ path: '/held' }),
    request({ body: bodyOf('a') }),
  );
  expect(await client.ask(0, 1)).toEqual(ok('a'));
  const givenUpAfter = async (ns: number): Promise<void> => {
    void client.ask(0, 0);
    const streams = held.length + 1;
    await expect.poll(() => held.length).toBe(streams);
    state.atNs += ns;
    client.carrier.cancel(0);
  };
  await givenUpAfter(0.9e9);
  // The server lives: it answers another request meanwhile.
  state.atNs += 0.5e9;
  expect(await client.ask(1, 1)).toEqual(ok('a'));
  expect(sessions.length).toBe(1);
  const waiting = client.ask(2, 0);
  await expect.poll(() => held.length).toBe(2);
  await givenUpAfter(1.1e9);
  expect(await client.ask(0, 1)).toEqual(ok('a'));
  expect(sessions.length).toBe(2);
  const [late] = held.filter(({ closed }) => !closed);
  late?.respond({ ':status': 200 });
  late?.end('late');
  expect(await waiting).toEqual(ok('late'));
  await expect.poll(() => sessions[0]?.closed).toBe(true);
});
