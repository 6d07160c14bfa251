import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { reachCluster } from '../../../../src/engines/kubernetes/reach.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loadcell-kubeconfig-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A kubeconfig of one cluster with one context. */
function kubeconfig(name: string, change: Record<string, unknown> = {}): string {
  const file = join(folder, `${name}.yaml`);
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server: `https://${name}.example:6443` } }],
    users: [{ name, user: { token: 'x' } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
    ...change,
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}

interface Place {
  readonly context?: string;
  readonly namespace?: string;
}

function reach(env: Record<string, string>, { context, namespace }: Place = {}): string {
  const place = { context: context ?? null, namespace: namespace ?? null };
  const reached = reachCluster(place, { env, home: folder, root: folder, limitMs: 1000 });
  if (reached.kind === 'none') return `${reached.message}; ${reached.hint}`;
  return `${reached.cluster.server} ${reached.cluster.namespace}`;
}

test('the kubeconfig says which cluster and where in it, unless the campaign does', () => {
  const a = kubeconfig('a', { contexts: [{ name: 'a', context: { cluster: 'a', user: 'a', namespace: 'team' } }] });
  expect(reach({ KUBECONFIG: a })).toBe('https://a.example:6443 team');
  expect(reach({ KUBECONFIG: a }, { namespace: 'bench' })).toBe('https://a.example:6443 bench');
  expect(reach({ KUBECONFIG: kubeconfig('b') })).toBe('https://b.example:6443 default');
});

test('of several kubeconfigs the first says which context is the current one', () => {
  const both = `${kubeconfig('a')}:${join(folder, 'missing')}:${kubeconfig('b')}`;
  expect(reach({ KUBECONFIG: both })).toBe('https://a.example:6443 default');
  expect(reach({ KUBECONFIG: both }, { context: 'b' })).toBe('https://b.example:6443 default');
});

test('a kubeconfig in the home is found, and after it the account of a pod', () => {
  const account = join(folder, 'var/run/secrets/kubernetes.io/serviceaccount');
  mkdirSync(account, { recursive: true });
  writeFileSync(join(account, 'token'), 'x');
  writeFileSync(join(account, 'namespace'), 'bench');
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env;
  Object.assign(process.env, { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' });
  try {
    expect(reach({})).toBe('https://10.0.0.1:443 bench');
    expect(reach({}, { context: 'of-somebody-elses-kubeconfig' })).toBe('https://10.0.0.1:443 bench');
  } finally {
    for (const [key, value] of Object.entries({ KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port })) {
      if (value === undefined) delete process.env[key];
      else process.env[key] = value;
    }
  }
  mkdirSync(join(folder, '.kube'));
  kubeconfig('.kube/config');
  rmSync(join(folder, '.kube/config'), { force: true });
  writeFileSync(
    join(folder, '.kube/config'),
    JSON.stringify({
      clusters: [{ name: 'h', cluster: { server: 'https://h.example' } }],
      users: [],
      contexts: [{ name: 'h', context: { cluster: 'h', user: 'h' } }],
      'current-context': 'h',
    }),
  );
  expect(reach({})).toBe('https://h.example default');
});

test.each<[string, () => Record<string, string>, Place, string]>([
  [
    'none',
    () => ({}),
    {},
    'found no kubeconfig: neither KUBECONFIG, nor ~/.kube/config, nor the account of a pod; log in',
  ],
  ['one that is not there', () => ({ KUBECONFIG: '/no/such' }), {}, 'KUBECONFIG: found /no/such, and no such file'],
  [
    'an unknown context',
    () => ({ KUBECONFIG: kubeconfig('gpu-cluster') }),
    { context: 'gpu-clustr' },
    'fleet.kubernetes.context: found gpu-clustr, which the kubeconfig does not have; did you mean gpu-cluster? There is gpu-cluster',
  ],
  [
    'no current context',
    () => ({ KUBECONFIG: kubeconfig('a', { 'current-context': '' }) }),
    {},
    'the kubeconfig has no current context; name one of a with fleet.kubernetes.context',
  ],
  [
    'a context without its cluster',
    () => ({ KUBECONFIG: kubeconfig('a', { clusters: [] }) }),
    {},
    'the kubeconfig: context a leads to no cluster that is there',
  ],
])('a kubeconfig that is %s is said to be so', (_, env, place, sentence) => {
  expect(reach(env(), place)).toContain(sentence);
});

test('a file that is no kubeconfig is said to be none', () => {
  const file = join(folder, 'config');
  writeFileSync(file, '{ not: [ yaml');
  expect(reach({ KUBECONFIG: file })).toContain(`${file}: is no kubeconfig: `);
});
