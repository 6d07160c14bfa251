import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { get } from 'node:https';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { InferRequest } from '../../src/oip/infer.ts';
import { certificates } from '../support/certificates.ts';
import { asked } from '../support/endpoint.ts';
import { freshFolder, loadcell, type Running } from '../support/loadcell.ts';
import { identityModel, temporaryFile } from '../support/onnx-files.ts';
import { echoModel } from '../support/served-models.ts';
import { testWith } from '../support/tools.ts';

interface Listening {
  readonly http: string;
  readonly grpc: string | null;
  readonly pid: number;
}

/** The real program, from its own announcement on. */
async function serving(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ running: Running; at: Listening }> {
  const running = loadcell(['serve', ...args, '--http', '127.0.0.1:0', '--json'], freshFolder(), env);
  onTestFinished(() => void running.process.kill('SIGKILL'));
  const line = await new Promise<string>((resolve, reject) => {
    running.process.stdout?.once('data', (chunk) => resolve(String(chunk)));
    void running.ended.then(({ stderr }) => reject(new Error(stderr)));
  });
  return { running, at: JSON.parse(line) as Listening };
}

const request: InferRequest = {
  id: '',
  parameters: {},
  inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], bytes: new Uint8Array(16) }],
  outputs: [],
};
const ready = async (http: string): Promise<number> => (await fetch(`http://${http}/v2/health/ready`)).status;

test('SIGTERM makes it not ready first, what comes within the grace is answered, and it exits 0', async () => {
  const { running, at } = await serving([echoModel(), '--name', 'm', '--grpc', '127.0.0.1:0', '--grace', '1500ms']);
  expect(await ready(at.http)).toBe(200);
  running.process.kill('SIGTERM');
  await running.saw('not ready: draining');
  expect(await ready(at.http)).toBe(503);
  const url = `http://${at.http}`;
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => asked(url, request, { inputs: 'binary', outputs: 'binary' })),
  );
  expect(answers).toHaveLength(20);
  const { code, stderr } = await running.ended;
  expect([code, stderr.includes('all requests answered')]).toEqual([0, true]);
  await expect(fetch(`${url}/v2/health/live`)).rejects.toThrow();
});

test('a second signal ends it at once', async () => {
  const { running } = await serving([echoModel(), '--grpc', 'none', '--grace', '1h']);
  running.process.kill('SIGINT');
  await running.saw('not ready: draining');
  running.process.kill('SIGINT');
  expect((await running.ended).signal).toBe('SIGKILL');
});

test('a reference model is served by its name', async () => {
  const { at } = await serving(['tiny-mlp', '--grpc', 'none']);
  const metadata = await (await fetch(`http://${at.http}/v2/models/tiny-mlp`)).json();
  expect(metadata).toMatchObject({ name: 'tiny-mlp', inputs: [{ name: 'input', datatype: 'FP32', shape: [-1, 32] }] });
});

test.each([
  ['model: found tiny-mpl, which is no file; did you mean tiny-mlp?', ['tiny-mpl']],
  ['no such file', ['./nothing.onnx']],
  [
    '--http: found 8000, expected a host and a port, for example 127.0.0.1:8000, or none',
    ['tiny-mlp', '--http', '8000'],
  ],
  [
    '--http, --grpc: found none and none, expected at least one address',
    ['tiny-mlp', '--http', 'none', '--grpc', 'none'],
  ],
  ['--workers: found 0, expected a whole number from 1 to 1024', ['tiny-mlp', '--workers', '0']],
  ['--batch-max: found nothing beside other flags of batching', ['tiny-mlp', '--batch-delay', '2ms']],
  ['--batch-delay: found 2, expected', ['tiny-mlp', '--batch-max', '4', '--batch-delay', '2']],
  ['--tls-key: found nothing, expected the PEM file that TLS needs', ['tiny-mlp', '--tls-cert', 'a.pem']],
  [
    '--tls-cert: a.pem cannot be read (ENOENT), expected a PEM file',
    ['tiny-mlp', '--tls-cert', 'a.pem', '--tls-key', 'b.pem'],
  ],
  ['token: the environment variable NOT_SET is empty or not there', ['tiny-mlp', '--token-env', 'NOT_SET']],
  ['cannot run on cuda', ['tiny-mlp', '--require', 'cuda']],
])('what cannot be served is said in a sentence before anything listens: %s', async (sentence, args) => {
  const { code, stderr, stdout } = await loadcell(['serve', ...args]).ended;
  expect([code, stdout]).toEqual([64, '']);
  expect(stderr).toContain(sentence);
  expect(stderr).not.toContain('    at ');
});

test('a model that cannot be batched is refused with the reason', async () => {
  const { code, stderr } = await loadcell([
    'serve',
    temporaryFile(identityModel('float32', [1, 4])),
    '--batch-max',
    '4',
  ]).ended;
  expect([code, stderr]).toEqual([64, expect.stringContaining('has no free first dimension')]);
});

testWith('openssl', 'certificates and keys that cannot be used are told before anything listens', async () => {
  const { valid, client, remove } = certificates();
  onTestFinished(remove);
  const broken = temporaryFile(Buffer.from('-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\n'));
  const pair = ['--tls-cert', valid.certPath, '--tls-key', valid.keyPath];
  for (const [args, option, found] of [
    [['--tls-cert', broken, '--tls-key', valid.keyPath], '--tls-cert', broken],
    [['--tls-cert', valid.certPath, '--tls-key', client.keyPath], '--tls-key', client.keyPath],
    [[...pair, '--tls-client-ca', broken], '--tls-client-ca', broken],
  ] as const) {
    const { code, stderr } = await loadcell(['serve', 'tiny-mlp', ...args]).ended;
    expect([code, stderr]).toEqual([64, expect.stringContaining(`${option}: found ${found}, which cannot be used (`)]);
  }
});

testWith(
  'openssl',
  'TLS is spoken with the given certificate, and a client without one of its own can be refused',
  async () => {
    const folder = freshFolder();
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
        '-subj',
        '/CN=localhost',
        '-addext',
        'subjectAltName=IP:127.0.0.1',
        '-keyout',
        key,
        '-out',
        cert,
      ],
      { stdio: 'ignore' },
    );
    const { at } = await serving([echoModel(), '--name', 'm', '--grpc', 'none', '--tls-cert', cert, '--tls-key', key]);
    const status = (port: number, options: object): Promise<number | string> =>
      new Promise((resolve) => {
        get({ host: '127.0.0.1', port, path: '/v2/health/ready', ...options }, (answer) =>
          resolve(answer.resume().statusCode ?? 0),
        ).on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      });
    const port = Number(at.http.split(':')[1]);
    const ca = readFileSync(cert);
    expect(await status(port, { ca })).toBe(200);
    expect(await status(port, {})).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
    const mutual = await serving([
      echoModel(),
      '--grpc',
      'none',
      '--tls-cert',
      cert,
      '--tls-key',
      key,
      '--tls-client-ca',
      cert,
    ]);
    const mutualPort = Number(mutual.at.http.split(':')[1]);
    expect(await status(mutualPort, { ca })).not.toBe(200);
    expect(await status(mutualPort, { ca, cert: ca, key: readFileSync(key) })).toBe(200);
  },
);
