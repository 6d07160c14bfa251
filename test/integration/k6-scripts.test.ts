import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect } from 'vitest';
import { cannedOip } from '../support/canned-grpc.ts';
import { cannedHttp } from '../support/canned-http.ts';
import { benchmarksOf, runCampaign } from '../support/loadcell.ts';
import { K6, testWith } from '../support/tools.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A model `m` of one input of two floats, over HTTP; every tenth inference is refused. */
async function withHttp(use: (url: string, bodies: readonly string[]) => Promise<void>): Promise<void> {
  const bodies: string[] = [];
  const server = await cannedHttp((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const isInference = request.url === '/v2/models/m/infer';
      if (isInference) bodies.push(String(Buffer.concat(chunks)));
      const tensor = { name: 'x', datatype: 'FP32', shape: [-1, 2] };
      response.statusCode = isInference && bodies.length % 10 === 0 ? 429 : 200;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(isInference ? { outputs: [{ ...tensor, data: [1, 2] }] } : { inputs: [tensor] }));
    });
  });
  try {
    await use(server.url, bodies);
  } finally {
    await server.close();
  }
}

const campaign = (protocol: string, url: string): string => `name: k6-shipped
targets: { script: { k6: { script: k6/load.ts, vus: 60, env: { URL: "${url}", MODEL: m, PROTOCOL: ${protocol} } } } }
scenarios: { load: { load: { rate: 50/s, for: 2s } } }
objectives: [errors < 50%]
warmup: 0s
drain: 2s
`;

describe('a shipped script', () => {
  testWith(
    'k6',
    'speaks the Open Inference Protocol over HTTP; what the endpoint refuses is rejected',
    () =>
      withHttp(async (url, bodies) => {
        const { folder } = await runCampaign(campaign('oip-json', url));
        const trial = benchmarksOf(folder).cells[0]?.trials[0];
        expect(trial?.accounting).toMatchObject({ scheduled: 100, ok: 90, failed: { rejected: 10 } });
        expect(JSON.parse(bodies[0] ?? '{}')).toMatchObject({
          inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [0, expect.any(Number)] }],
        });
      }),
    90_000,
    2,
  );

  testWith(
    'k6',
    'speaks it over gRPC',
    async () => {
      const server = await cannedOip(() => null);
      try {
        const { folder } = await runCampaign(campaign('grpc', server.address));
        const trial = benchmarksOf(folder).cells[0]?.trials[0];
        expect(trial?.accounting).toMatchObject({ scheduled: 100, ok: 100 });
        expect(trial?.parts?.some(({ metric, name }) => metric === 'grpc_req_duration' && name === 'infer')).toBe(true);
      } finally {
        server.close();
      }
    },
    90_000,
    2,
  );
});

testWith(
  'k6',
  'every command of its README that runs a script by hand runs, with k6 alone',
  () =>
    withHttp(async (url) => {
      const text = readFileSync(`${ROOT}/k6/README.md`, 'utf8');
      const commands = [...text.matchAll(/^\.tools\/k6\/k6 (run .*)$/gmu)].map(([, command = '']) => command);
      expect(commands).toHaveLength(3);
      for (const command of commands) {
        const args = command.replace('http://127.0.0.1:8000', url).split(' ');
        const child = spawn(K6, [...args, '--quiet', '--no-usage-report'], { cwd: ROOT, stdio: 'ignore' });
        const [code] = await once(child, 'close');
        expect([command, code]).toEqual([command, 0]);
      }
    }),
  120_000,
);
