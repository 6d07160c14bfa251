import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { K6Spec } from '../../src/campaign/target-spec.ts';
import { freshFolder } from './loadcell.ts';

/** Scripts for the real k6. */
export const K6_SCRIPTS = {
  idle: 'export default function (): void {}\n',
  'tenth-throws': `import exec from 'k6/execution';
export default function (): void {
  if (exec.scenario.iterationInTest % 10 === 9) throw new Error('the tenth');
}
`,
  'tenth-check-fails': `import { check } from 'k6';
import exec from 'k6/execution';
export default function (): void {
  check(exec.scenario.iterationInTest, { 'is no tenth': (n: number) => n % 10 !== 9 });
}
`,
  stalls: `import { sleep } from 'k6';
import exec from 'k6/execution';
export default function (): void {
  const at = exec.instance.currentTestRunDuration / 1000;
  if (at > 1 && at < 2) sleep(2 - at);
}
`,
  slow: "import { sleep } from 'k6';\nexport default function (): void { sleep(0.5); }\n",
  journey: `import http from 'k6/http';
import { check, sleep } from 'k6';
import { Trend } from 'k6/metrics';
const took = new Trend('took', true);
export const options = {
  scenarios: {
    browse: { executor: 'constant-vus', vus: 4, duration: '2s', exec: 'browse', gracefulStop: '1s' },
    buy: {
      executor: 'constant-arrival-rate', rate: 20, timeUnit: '1s', duration: '2s', preAllocatedVUs: 6, exec: 'buy',
      gracefulStop: '1s',
    },
  },
  thresholds: { checks: ['rate>0.99'], took: ['avg<1'] },
};
export function browse(): void {
  http.get(\`\${__ENV.URL}/home\`, { tags: { name: 'home' } });
  sleep(0.05);
}
export function buy(): void {
  const answer = http.get(\`\${__ENV.URL}/login\`, { tags: { name: 'login' }, headers: { key: __ENV.KEY } });
  check(answer, { accepted: ({ status }: { status: number }) => status === 200 });
  took.add(5);
}
`,
  'syntax-error': 'export default function ( {\n',
  'type-error': 'const nothing: any = undefined;\nnothing.f();\nexport default function () {}\n',
  'missing-module': "import { x } from './not-there.ts';\nexport default function () { x(); }\n",
  'foreign-module': "import sql from 'k6/x/sql';\nexport default function () {}\n",
  'init-hangs': 'for (;;) {}\nexport default function () {}\n',
  'calls-it-failed': "import exec from 'k6/execution';\nexport default function () { exec.test.fail('no'); }\n",
  'aborts-by-threshold': `import { sleep } from 'k6';
import { Trend } from 'k6/metrics';
const took = new Trend('took', true);
export const options = {
  scenarios: { loop: { executor: 'constant-vus', vus: 4, duration: '40s', gracefulStop: '1s' } },
  thresholds: {
    took: [{ threshold: 'p(95)<10', abortOnFail: true, delayAbortEval: '2s' }],
    iterations: ['count>0'],
  },
};
export default function (): void {
  sleep(0.05);
  took.add(20);
}
`,
  'aborts-at-one': `import exec from 'k6/execution';
import { sleep } from 'k6';
export default function () {
  sleep(0.01);
  if (exec.scenario.iterationInTest % 2 === 1 && exec.instance.currentTestRunDuration > 1500) exec.test.abort('enough');
}
`,
  everything: `import http from 'k6/http';
import { check, sleep } from 'k6';
import exec from 'k6/execution';
import { Counter } from 'k6/metrics';
const seen = new Counter('seen');
export default function (): void {
  const at = exec.scenario.iterationInTest % 10;
  http.get(\`\${__ENV.URL}/?q="a,b"\`, { tags: { name: 'one, "two"' } });
  seen.add(2);
  check(at, { 'is, "so"': (n: number) => n !== 3 });
  if (at === 7) throw new Error('the tenth');
  if (at === 8) sleep(0.2);
}
`,
  'throws-in-a-timer': `import exec from 'k6/execution';
export async function turn(): Promise<void> {
  const at = exec.scenario.iterationInTest % 10;
  if (at === 3) setTimeout(() => { throw new Error('late'); }, 1);
  await Promise.resolve();
  if (at === 5) throw new TypeError('awaited');
}
export const options = {
  scenarios: { a: { executor: 'shared-iterations', vus: 4, iterations: 100, exec: 'turn' } },
};
`,
  'judges-what-was-dropped': `import http from 'k6/http';
import { group, sleep } from 'k6';
export const options = {
  scenarios: { a: { executor: 'constant-arrival-rate', rate: 50, duration: '2s', preAllocatedVUs: 1 } },
  thresholds: {
    dropped_iterations: ['count<1'],
    'http_req_receiving{group:::home}': ['max<0.0000001'],
    'http_req_duration{group:::home}': ['max<60000'],
  },
};
export default function (): void {
  group('home', () => http.get(__ENV.URL as string));
  sleep(0.05);
}
`,
  'sets-up-slowly': `import { sleep } from 'k6';
export function setup(): { n: number } {
  sleep(1.5);
  return { n: 2 };
}
export default function ({ n }: { n: number }): void {
  if (n !== 2) throw new Error('no data');
}
export function teardown({ n }: { n: number }): void {
  if (n !== 2) throw new Error('no data');
}
`,
  'cannot-clean-up': `export default function (): void {}
export function teardown(): void {
  throw new Error('left behind');
}
`,
  'cannot-set-up': "export function setup() { throw new Error('no model'); }\nexport default function () {}\n",
  'names-setup-only': `const text = 'export function setup';
export default function (data?: object): void {
  if (data !== undefined || text === '') throw new Error('found data');
}
`,
  aborts: `import exec from 'k6/execution';
export default function () { if (exec.instance.currentTestRunDuration > 1500) exec.test.abort('enough'); }
`,
} as const;

export type K6Script = keyof typeof K6_SCRIPTS;

/** A folder with a script and a campaign that runs it. */
export function k6Folder(script: K6Script, more: K6CampaignOptions = {}): string {
  const folder = freshFolder();
  writeFileSync(join(folder, `${script}.ts`), K6_SCRIPTS[script]);
  writeFileSync(join(folder, 'campaign.yaml'), campaign(script, more));
  return folder;
}

export interface K6CampaignOptions {
  readonly agents?: number;
  readonly vus?: number;
  readonly scenario?: string;
  readonly target?: string;
  readonly objectives?: string;
  readonly warmup?: string;
}

function campaign(script: K6Script, options: K6CampaignOptions): string {
  const { agents = 1, vus = 100, scenario = 'load: { rate: 100/s, for: 3s }', target = '', warmup = '0s' } = options;
  return `name: k6-test
targets:
  script: { k6: { script: ${script}.ts, ${target === '' ? `vus: ${vus}` : target} } }
scenarios:
  load: { ${scenario} }
fleet: { agents: ${agents} }
objectives: ${options.objectives ?? '[errors < 50%]'}
warmup: ${warmup}
drain: 2s
`;
}

/** A target that is a script with one scenario of its own, at so many iterations a second. */
export const ownScript = (rate: number): K6Spec => ({
  kind: 'k6',
  script: { name: 'mine.ts', path: '/mine.ts', sha256: '00' },
  vus: 5,
  env: {},
  options: 'own',
  scenarios: { buy: { executor: 'constant-arrival-rate', rate, timeUnit: '1s', duration: '2s', preAllocatedVUs: 5 } },
  functions: ['buy'],
  thresholds: {},
  executors: 'open',
});

/** An HTTP server on loopback that answers everything and keeps what it was sent. */
export async function answering(use: (url: string, keys: readonly string[]) => Promise<void>): Promise<void> {
  const keys: string[] = [];
  const server: Server = createServer((request, response) => {
    keys.push(String(request.headers.key ?? ''));
    response.end('ok');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, keys);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
