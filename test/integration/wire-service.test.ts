import { create } from '@bufbuild/protobuf';
import { Client, credentials, Metadata, Server, ServerCredentials } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ControlRequestSchema, ControlResponseSchema, FleetService } from '../../src/wire/gen/loadcell/v1/fleet_pb.ts';
import { addBidiService, bidiClient } from '../../src/wire/service.ts';

let server: Server;
let channel: Client;

beforeAll(async () => {
  server = new Server();
  addBidiService(server, FleetService, {
    control: (call) => {
      call.on('data', ({ message }) => {
        if (message.case !== 'clockProbe') return;
        const reply = { t1Ns: message.value.t1Ns, t2Ns: 2n, t3Ns: 3n };
        call.write(create(ControlResponseSchema, { message: { case: 'clockReply', value: reply } }));
      });
      call.on('end', () => call.end());
    },
    fetch: (call) => call.end(),
    report: (call) => {
      let through = 0n;
      call.on('data', (request) => {
        through += BigInt(request.interval.length);
      });
      call.on('end', () => {
        call.write({ $typeName: 'loadcell.v1.ReportResponse', ackThrough: through, resumeFrom: 0n });
        call.end();
      });
    },
  });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  channel = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
});

afterAll(() => {
  channel.close();
  server.forceShutdown();
});

test('a probe goes up and its reply comes down a typed stream', async () => {
  const stream = bidiClient(channel, FleetService).control(new Metadata());
  const probe = { t1Ns: 2n ** 63n + 1n };
  stream.write(create(ControlRequestSchema, { message: { case: 'clockProbe', value: probe } }));
  stream.end();
  const replies: unknown[] = [];
  for await (const { message } of stream) replies.push(message.value);
  expect(replies).toMatchObject([{ t1Ns: 2n ** 63n + 1n, t2Ns: 2n, t3Ns: 3n }]);
});

test('bytes of intervals arrive whole', async () => {
  const stream = bidiClient(channel, FleetService).report(new Metadata());
  for (let seq = 0n; seq < 5n; seq++) {
    const interval = new Uint8Array(20_000);
    const telemetry = new Uint8Array(0);
    stream.write({ $typeName: 'loadcell.v1.ReportRequest', session: '', epoch: 1n, seq, interval, telemetry });
  }
  stream.end();
  const acks: bigint[] = [];
  for await (const response of stream) acks.push(response.ackThrough);
  expect(acks).toEqual([100_000n]);
});
