import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { expect, test } from 'vitest';
import { plainAnswer, servePlainHttp2, unaryAnswer } from '../../src/agent/runner/plain-http2.ts';
import { bodyOf, Client, echo, letters, listening, ok, request, served } from '../support/http2-client.ts';

test('what all requests have in common is said once on a connection, and the server reads the same of each', async () => {
  const seen: IncomingHttpHeaders[] = [];
  const { port } = await served((stream, headers) => {
    seen.push(headers);
    stream.respond({ ':status': 200, 'content-type': 'text/plain' });
    stream.end('ok');
  });
  const client = new Client(port).feed(
    request({
      headers: [
        ['x-team', 'vision'],
        ['x-sample', '0'],
      ],
    }),
    request({
      headers: [
        ['x-team', 'vision'],
        ['x-sample', '1'],
      ],
    }),
    request({
      headers: [
        ['x-sample', '2'],
        ['x-team', 'vision'],
      ],
    }),
    request({ path: '/other', headers: [['x-team', 'speech']] }),
    request({
      headers: [
        ['x-team', 'vision'],
        ['x-sample', '4'],
      ],
    }),
  );
  for (const sample of [0, 1, 2, 3, 4, 0, 1, 2, 3, 4]) expect(await client.ask(sample % 4, sample)).toEqual(ok('ok'));
  const asked = (sample: string, changes = {}) => ({
    ':method': 'POST',
    ':scheme': 'http',
    ':authority': `127.0.0.1:${port}`,
    ':path': '/echo',
    'user-agent': 'loadcell',
    'x-team': 'vision',
    'x-sample': sample,
    ...changes,
  });
  const { 'x-sample': _, ...other } = asked('3', { ':path': '/other', 'x-team': 'speech' });
  const asOften = [asked('0'), asked('1'), asked('2'), other, asked('4')];
  expect(seen.map((headers) => Object.fromEntries(Object.entries(headers)))).toEqual([...asOften, ...asOften]);
});

test.each([
  ['a table of the usual size', {}],
  ['no table', { settings: { headerTableSize: 0 } }],
  ['room for a hundred bytes of a stream at a time', { settings: { initialWindowSize: 100 } }],
  ['frames that are padded', { paddingStrategy: constants.PADDING_STRATEGY_MAX }],
  ['longer frames', { settings: { maxFrameSize: 2 ** 20 } }],
])('bodies of any length go there and come back from a server with %s', async (_, options) => {
  const { port } = await served(echo, options);
  const texts = [0, 1, 99, 101, 16_384, 16_385, 70_000, 1_200_000].map(letters);
  const client = new Client(port, { connections: 2, streams: 8 }).feed(
    ...texts.map((text) => request({ body: bodyOf(text) })),
  );
  await client.carrier.open();
  for (let round = 0; round < 3; round++) {
    const answers = await Promise.all(
      Array.from({ length: 16 }, (__, place) => client.ask(place, place % texts.length)),
    );
    for (const [place, answer] of answers.entries()) expect(answer).toEqual(ok(texts[place % texts.length]));
  }
});

test('heads that need several frames go there and come back', async () => {
  const long = letters(40_000);
  const { port } = await served(
    (stream, headers) => {
      stream.respond({ ':status': 200, 'x-long': String(headers['x-long']) });
      stream.end(String(headers['x-long']?.length));
    },
    { maxSendHeaderBlockLength: 100_000, settings: { maxHeaderListSize: 100_000 } },
  );
  const client = new Client(port).feed(request({ headers: [['x-long', long]] }));
  expect(await client.ask(0)).toEqual(ok('40000'));
  expect(client.carrier.header(0, 'x-long')).toBe(long);
});

test('a status of gRPC is taken from the trailers, or from a head without any, and an answer without one is none', async () => {
  const { port } = await served((stream, headers) => {
    const how = headers[':path'];
    if (how === '/head')
      stream.respond({ ':status': 200, 'grpc-status': '5', 'grpc-message': 'no%20such' }, { endStream: true });
    else if (how === '/none') stream.respond({ ':status': 200 }, { endStream: true });
    else {
      stream.additionalHeaders({ ':status': 103 });
      stream.respond({ ':status': 200 }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end('message');
    }
  });
  const client = new Client(port, { statusIn: 'grpc-status' }).feed(
    request({ path: '/trailers' }),
    request({ path: '/head' }),
    request({ path: '/none' }),
  );
  for (let round = 0; round < 2; round++) {
    expect(await client.ask(0, 0)).toEqual({ status: 0, code: '', body: 'message' });
    expect(await client.ask(1, 1)).toEqual({ status: 5, code: '', body: '' });
    expect(client.carrier.messageOf(1)).toBe('no such');
    expect((await client.ask(2, 2)).code).toMatch(/^target-error no-status: .* answered without a gRPC status/u);
  }
});

test.each([
  ['REFUSED_STREAM', constants.NGHTTP2_REFUSED_STREAM, /^rejected refused-stream: .* refused the stream$/u],
  ['CANCEL', constants.NGHTTP2_CANCEL, /^target-error closed: /u],
  [
    'INTERNAL_ERROR',
    constants.NGHTTP2_INTERNAL_ERROR,
    /^target-error stream-reset: .* reset the stream: INTERNAL_ERROR$/u,
  ],
])('a stream that is reset with %s fails its request alone', async (_, code, says) => {
  const { port, sessions } = await served((stream, headers) => {
    if (headers[':path'] === '/reset') stream.close(code);
    else echo(stream, headers);
  });
  const client = new Client(port).feed(request({ path: '/reset' }), request({ body: bodyOf('a') }));
  const [broken, other] = await Promise.all([client.ask(0, 0), client.ask(1, 1)]);
  expect(broken.code).toMatch(says);
  expect(other).toEqual(ok('a'));
  expect(await client.ask(0, 1)).toEqual(ok('a'));
  expect(sessions.length).toBe(1);
});

test('a server that leaves answers what it took; the next request opens another connection', async () => {
  const held: ServerHttp2Stream[] = [];
  const { port, sessions } = await served((stream, headers) => {
    if (headers[':path'] === '/held') held.push(stream);
    else echo(stream, headers);
  });
  const client = new Client(port).feed(request({ path: '/held' }), request({ body: bodyOf('a') }));
  const taken = client.ask(0, 0);
  await expect.poll(() => held.length).toBe(1);
  sessions[0]?.goaway(constants.NGHTTP2_NO_ERROR, held[0]?.id ?? 0);
  await expect.poll(() => client.ask(1, 1).then(() => sessions.length)).toBe(2);
  held[0]?.respond({ ':status': 200 });
  held[0]?.end('late');
  expect(await taken).toEqual(ok('late'));
});

test('a request that is given up costs its stream, and whatever still comes of it is not taken for another’s', async () => {
  const streams: ServerHttp2Stream[] = [];
  const { port, sessions } = await served((stream, headers) => {
    streams.push(stream);
    if (headers[':path'] === '/held') stream.respond({ ':status': 200, 'x-new': 'to the table' });
    else echo(stream, headers);
  });
  const client = new Client(port, { streams: 1 }).feed(request({ path: '/held' }), request({ body: bodyOf('a') }));
  let told = 0;
  void client.ask(0, 0).then(() => told++);
  await expect.poll(() => streams.length).toBe(1);
  client.carrier.cancel(0);
  expect(await client.ask(0, 1)).toEqual(ok('a'));
  await expect.poll(() => streams[0]?.rstCode).toBe(constants.NGHTTP2_CANCEL);
  expect([told, sessions.length]).toEqual([0, 1]);
});

test('a server that allows fewer streams than are asked for is refused before any load', async () => {
  const { port } = await served(echo, { settings: { maxConcurrentStreams: 3 } });
  await expect(new Client(port).carrier.open()).rejects.toThrow(
    'allows 3 streams on a connection, found 4; expected streams: 3 and more connections',
  );
});

test('a connection that breaks fails what was in flight on it, and is opened again', async () => {
  const { port, sessions } = await served((stream, headers) => {
    if (headers[':path'] === '/break') stream.session?.destroy();
    else echo(stream, headers);
  });
  const client = new Client(port).feed(request({ path: '/break' }), request({ body: bodyOf('a') }));
  expect((await client.ask(0, 0)).code).toMatch(/^target-error (?:closed|reset): /u);
  expect(await client.ask(0, 1)).toEqual(ok('a'));
  expect(sessions.length).toBe(2);
});

test.each([0, 5, 16_384, 16_385, 3_000_000])(
  'the least of servers answers with a body of %d bytes, whatever is asked',
  async (bytes) => {
    const answer = plainAnswer(Buffer.from(letters(bytes)));
    const port = await listening((socket) => servePlainHttp2(socket, answer, (respond) => respond()));
    const client = new Client(port).feed(request(), request({ body: bodyOf(letters(200_000)) }));
    for (let round = 0; round < 8; round++) {
      const answers = await Promise.all([0, 1, 2, 3].map((place) => client.ask(place, place % 2)));
      for (const each of answers) expect(each).toEqual(ok(letters(bytes)));
    }
  },
);

test.each([3, 16_379, 16_380, 3_000_000])(
  'the least of servers answers a unary call with a message of %d bytes, now or later',
  async (bytes) => {
    const message = letters(bytes);
    const answer = unaryAnswer(Buffer.from(message));
    const port = await listening((socket) =>
      servePlainHttp2(socket, answer, (respond) => void setImmediate(() => respond())),
    );
    const client = new Client(port, { statusIn: 'grpc-status' }).feed(request({ body: bodyOf('a') }));
    const framed = Buffer.concat([Buffer.from([0, bytes >> 24, bytes >> 16, bytes >> 8, bytes]), Buffer.from(message)]);
    const whole = { status: 0, code: '', body: framed.toString('latin1') };
    for (let round = 0; round < 4; round++) {
      const answers = await Promise.all([0, 1, 2, 3].map((place) => client.ask(place)));
      for (const each of answers) expect(each).toEqual(whole);
    }
  },
);

test.each([
  [
    'HTTP/1.1',
    'HTTP/1.1 400 Bad Request\r\n\r\n',
    /protocol: .*: found bytes that are not HTTP\/2, expected HTTP\/2$/u,
  ],
  ['nothing', '', /target-error closed: .* closed the connection before it had answered$/u],
])('a server that says %s is no server of HTTP/2', async (_, says, code) => {
  const port = await listening((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(says));
  });
  const client = new Client(port).feed(request());
  expect((await client.ask(0)).code).toMatch(code);
});
