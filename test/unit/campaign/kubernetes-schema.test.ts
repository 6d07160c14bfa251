import { expect, test } from 'vitest';
import { buildPlan } from '../../../src/campaign/plan-build.ts';
import { seconds } from '../../../src/time/ns.ts';
import { campaignOf, mistakesOf, planContext } from '../../support/campaigns.ts';
import { IMAGE, SITE } from '../../support/kubernetes-order.ts';

const text = (fleet: string): string =>
  `name: n\ntargets: { t: { null: {} } }\nscenarios: { s: { load: { rate: 200/s, for: 9s } } }\nfleet: ${fleet}\n`;
const site = (more: string): string => text(`{ engine: kubernetes, kubernetes: { image: "${IMAGE}"${more} } }`);

test('a plan holds what the engine must know of its cluster', () => {
  const campaign = campaignOf(
    site(`, context: gpu, namespace: bench, command: [loadcell-agent], imagePullSecrets: [registry], serviceAccount: agents,
      labels: { team: vision }, nodeSelector: { example.com/pool: bench }, runtimeClass: nvidia, priorityClass: high,
      tolerations: [{ key: dedicated, operator: Exists, effect: NoSchedule }], queue: vision, spread: none, nodes: scaled`),
  );
  const built = buildPlan(campaign, planContext(campaign));
  expect(built.ok && built.plan.fleet?.kubernetes).toEqual({
    context: 'gpu',
    namespace: 'bench',
    image: IMAGE,
    command: ['loadcell-agent'],
    imagePullSecrets: ['registry'],
    serviceAccount: 'agents',
    labels: { team: 'vision' },
    nodeSelector: { 'example.com/pool': 'bench' },
    tolerations: [{ key: 'dedicated', operator: 'Exists', effect: 'NoSchedule' }],
    priorityClass: 'high',
    runtimeClass: 'nvidia',
    queue: 'vision',
    spread: 'none',
    nodes: 'scaled',
    coordinator: null,
  });
});

test('an image is all that must be said', () => {
  expect(campaignOf(site('')).fleet.kubernetes).toEqual(SITE);
});

test('a coordinator inside the cluster has an image of its own, and everything else by default', () => {
  const image = `registry.example/loadcell-coordinator@sha256:${'b2'.repeat(32)}`;
  expect(campaignOf(site(`, coordinator: { image: "${image}", keep: 2h }`)).fleet.kubernetes?.coordinator).toEqual({
    image,
    command: null,
    serviceAccount: 'loadcell-coordinator',
    port: 7071,
    keepNs: seconds(7200),
  });
});

test.each([
  [text('{ engine: kubernetes }'), 'fleet.engine', 'found the engine kubernetes and no image for its agents'],
  [
    text('{ engine: kubernetes, kubernetes: {} }'),
    'fleet.kubernetes.image',
    'found nothing, expected an image by digest',
  ],
  [
    text('{ kubernetes: { image: "registry.example/agent:1.2" } }'),
    'fleet.kubernetes.image',
    'found registry.example/agent:1.2, expected an image by digest, for example registry.example/loadcell-agent@sha256:<64 digits>: a tag may name another image tomorrow',
  ],
  [
    text(`{ engine: kubernetes, kubernetes: { image: "${IMAGE}" }, coordinator: { place: inside } }`),
    'fleet.kubernetes.coordinator',
    'found nothing, expected coordinator: { image: registry.example/loadcell-coordinator@sha256:… }, which place: inside',
  ],
  [
    site(', coordinator: { image: "registry.example/loadcell-coordinator:1.2" }'),
    'fleet.kubernetes.coordinator.image',
    'expected an image by digest, for example registry.example/loadcell-coordinator@sha256:<64 digits>',
  ],
  [
    site(', namespace: My_Space'),
    'fleet.kubernetes.namespace',
    'found My_Space, expected a name in lower-case letters',
  ],
  [site(', nameSpace: bench'), 'fleet.kubernetes.nameSpace', 'did you mean namespace?'],
  [site(', labels: { "a b": x }'), 'fleet.kubernetes.labels["a b"]', 'found the key a b, expected that of a label'],
  [site(', labels: { team: "a b" }'), 'fleet.kubernetes.labels.team', 'found a b, expected at most 63 letters'],
  [
    site(', labels: { loadcell/run: x }'),
    'fleet.kubernetes.labels',
    'found loadcell/run, which the engine finds its own by',
  ],
  [site(', tolerations: [{ operator: Equal }]'), 'fleet.kubernetes.tolerations[0].key', 'found no key, expected one'],
  [
    site(', tolerations: [{ key: a, operator: Exists, value: b }]'),
    'fleet.kubernetes.tolerations[0].value',
    'found a value beside operator: Exists, expected none',
  ],
  [site(', command: []'), 'fleet.kubernetes.command', 'found an empty list, expected at least one word'],
  [site(', spread: node'), 'fleet.kubernetes.spread', 'found node, expected nodes or none: did you mean nodes?'],
  [
    text('{ instance: { nodeLabels: { example.com/gpu: [] } } }'),
    'fleet.instance.nodeLabels',
    'found an empty list, expected at least one value',
  ],
  [
    text('{ instance: { gpuResource: "a gpu" } }'),
    'fleet.instance.gpuResource',
    'found a gpu, expected the name of a resource, for example nvidia.com/mig-3g.20gb',
  ],
])('%s', (campaign, path, message) => {
  const mistakes = mistakesOf(campaign);
  expect(mistakes.map((mistake) => mistake.message).join('\n')).toContain(message);
  expect(mistakes[0]?.path).toContain(path.replace(/\[.*$/, ''));
});
