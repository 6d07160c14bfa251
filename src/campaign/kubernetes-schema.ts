import * as z from 'zod';
import type { KubernetesSite, Toleration } from './fleet-spec.ts';
import { group, known, list } from './group.ts';
import { leaf, text, wholeNumber, word } from './leaf.ts';
import { quoted, read, refuse } from './quantity.ts';
import { duration } from './quantity-schema.ts';

/** Text of a form of Kubernetes, and how a sentence names it. */
const formed = (description: string, example: string, pattern: RegExp, noun: string): z.ZodType<string> =>
  leaf({
    description,
    examples: [example],
    json: { type: 'string', pattern: pattern.source },
    read: (found) =>
      typeof found === 'string' && pattern.test(found)
        ? read(found)
        : refuse(`found ${quoted(found)}, expected ${noun}, for example ${example}`),
  });

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/u;
const DNS_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/u;
const DNS_NOUN = 'a name in lower-case letters, digits, dashes and dots';
/** A name with or without a domain before it (the API's "qualified name"). */
const QUALIFIED =
  /^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/u;
const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/u;
const VALUE_NOUN = 'at most 63 letters, digits, dashes, underscores and dots';
/** A name, perhaps with registry, port and tag, and a digest. */
const BY_DIGEST = /^[^\s@]+@sha256:[0-9a-f]{64}$/u;
/** Labels that the engine finds its own by. */
const OWN_LABELS = /^loadcell\/|^app\.kubernetes\.io\/(name|component)$/u;

const name = (description: string, example: string): z.ZodType<string> =>
  formed(description, example, DNS_NAME, DNS_NOUN);
const labelValue = (description: string, example: string): z.ZodType<string> =>
  formed(description, example, LABEL_VALUE, VALUE_NOUN);

const image = (whose: 'agent' | 'coordinator') =>
  leaf<string>({
    description: `The ${whose}'s image, by digest.`,
    examples: [`registry.example/loadcell-${whose}@sha256:${'0'.repeat(64)}`],
    json: { type: 'string', pattern: BY_DIGEST.source },
    read: (found) => {
      if (typeof found === 'string' && BY_DIGEST.test(found)) return read(found);
      const why = typeof found === 'string' && found.length > 0 ? ': a tag may name another image tomorrow' : '';
      return refuse(
        `found ${quoted(found)}, expected an image by digest, for example registry.example/loadcell-${whose}@sha256:<64 digits>${why}`,
      );
    },
  });

const command = (what: string, example: string) =>
  list(
    `What starts ${what} in the image; absent: as the project's own images have it.`,
    example,
    text('One word.', 'node'),
  )
    .min(1, `found an empty list, expected at least one word, for example ${example}`)
    .optional();

/** A map from the keys of labels. */
function labelMap<S extends z.ZodType>(description: string, example: string, value: S): z.ZodRecord<z.ZodString, S> {
  const map = z
    .record(z.string(), value)
    .superRefine((labels, context) => {
      for (const key of Object.keys(labels)) {
        if (QUALIFIED.test(key)) continue;
        const message = `found the key ${quoted(key)}, expected that of a label, for example example.com/team`;
        context.addIssue({ code: 'custom', path: [key], message });
      }
    })
    .meta({ description });
  return known(map, { noun: 'a map', example });
}

/** Labels of nodes, each with the values that will do. */
export const nodeLabelsSchema = labelMap(
  'Labels of the node on Kubernetes, each with the values that will do; absent: made of gpu.',
  '{ cloud.google.com/gke-accelerator: [nvidia-tesla-a100] }',
  list('Values of which the node has one.', '[nvidia-tesla-a100]', labelValue('A value.', 'nvidia-tesla-a100')).min(
    1,
    'found an empty list, expected at least one value, for example [nvidia-tesla-a100]',
  ),
);

export const gpuResourceSchema = formed(
  'What Kubernetes calls one GPU; absent: made of gpu, nvidia.com/gpu for a whole one.',
  'nvidia.com/mig-3g.20gb',
  QUALIFIED,
  'the name of a resource',
);

const labels = labelMap(
  'Labels of the Job, its pods and its Secret.',
  '{ team: vision }',
  labelValue('The value.', 'vision'),
).superRefine((found, context) => {
  for (const key of Object.keys(found).filter((own) => OWN_LABELS.test(own))) {
    const message = `found ${key}, which the engine finds its own by, expected another label, for example team`;
    context.addIssue({ code: 'custom', path: [key], message });
  }
});

const toleration = group('A taint that agents bear.', '{ key: dedicated, operator: Exists }', {
  key: formed('Of the taint; absent: any.', 'dedicated', QUALIFIED, 'the key of a taint').optional(),
  operator: word('Whether the value counts.', ['Exists', 'Equal']).optional(),
  value: labelValue('Of the taint, for Equal.', 'bench').optional(),
  effect: word('Of the taint; absent: any.', ['NoSchedule', 'PreferNoSchedule', 'NoExecute']).optional(),
  tolerationSeconds: wholeNumber('How long NoExecute is borne.', 60, 0, 86_400).optional(),
}).superRefine(({ key, operator, value }, context) => {
  if (key === undefined && operator !== 'Exists') {
    const message = 'found no key, expected one, or operator: Exists for every taint';
    context.addIssue({ code: 'custom', path: ['key'], message });
  }
  if (operator === 'Exists' && value !== undefined) {
    const message = 'found a value beside operator: Exists, expected none';
    context.addIssue({ code: 'custom', path: ['value'], message });
  }
});

const coordinator = group(
  'What a coordinator with place: inside is made of; it runs as a Job of its own.',
  '{ image: registry.example/loadcell-coordinator@sha256:… }',
  {
    image: image('coordinator'),
    command: command("its pod's process", '[node, /opt/loadcell/dist/engines/kubernetes/room/main.js]'),
    serviceAccount: name('Whose pod it is: with the Role of deploy/kubernetes.', 'loadcell-coordinator').prefault(
      'loadcell-coordinator',
    ),
    port: wholeNumber('At which the API server reaches its pod.', 7071, 1024, 65_535).prefault(7071),
    keep: duration('How long results stay there after its end, unless they are fetched before.', '1h').prefault('1h'),
  },
);

/** What a run must know of a cluster that Kubernetes schedules. */
export const kubernetesSchema = group(
  'What a run must know of a cluster that Kubernetes schedules.',
  '{ namespace: bench, image: registry.example/loadcell-agent@sha256:… }',
  {
    context: text("Of the kubeconfig; absent: its current one, or the pod's own cluster.", 'gpu-cluster').optional(),
    namespace: formed("Absent: the context's own.", 'bench', DNS_LABEL, DNS_NOUN).optional(),
    image: image('agent'),
    command: command('an agent', '[node, /opt/loadcell/dist/agent/main.js]'),
    imagePullSecrets: list(
      'Secrets of the namespace that the image is pulled with.',
      '[registry]',
      name('A Secret.', 'registry'),
    ).prefault([]),
    serviceAccount: name("Whose pods they are; absent: the namespace's default one.", 'loadcell-agent').optional(),
    labels: labels.prefault({}),
    nodeSelector: labelMap(
      'Labels that a node must have.',
      '{ pool: bench }',
      labelValue('The value.', 'bench'),
    ).prefault({}),
    tolerations: list(
      'Taints that agents bear, beside nvidia.com/gpu.',
      '[{ key: dedicated, operator: Exists }]',
      toleration,
    ).prefault([]),
    priorityClass: name('Priority class of the pods.', 'bench').optional(),
    runtimeClass: name('Runtime class of the pods.', 'nvidia').optional(),
    queue: name('A local queue of Kueue.', 'vision').optional(),
    spread: word('nodes: no two agents of a run on one node.', ['nodes', 'none']).prefault('nodes'),
    nodes: word('scaled: nodes come when pods wait for them.', ['fixed', 'scaled']).prefault('fixed'),
    coordinator: coordinator.optional(),
  },
);

/** The site that a map comes to. */
export const kubernetesOf = (found: z.output<typeof kubernetesSchema>): KubernetesSite => ({
  context: found.context ?? null,
  namespace: found.namespace ?? null,
  image: found.image,
  command: found.command ?? null,
  imagePullSecrets: found.imagePullSecrets,
  serviceAccount: found.serviceAccount ?? null,
  labels: found.labels,
  nodeSelector: found.nodeSelector,
  tolerations: found.tolerations.map(tolerationOf),
  priorityClass: found.priorityClass ?? null,
  runtimeClass: found.runtimeClass ?? null,
  queue: found.queue ?? null,
  spread: found.spread,
  nodes: found.nodes,
  coordinator:
    found.coordinator === undefined
      ? null
      : {
          image: found.coordinator.image,
          command: found.coordinator.command ?? null,
          serviceAccount: found.coordinator.serviceAccount,
          port: found.coordinator.port,
          keepNs: found.coordinator.keep,
        },
});

const tolerationOf = ({
  key,
  operator,
  value,
  effect,
  tolerationSeconds,
}: z.output<typeof toleration>): Toleration => ({
  ...(key === undefined ? {} : { key }),
  ...(operator === undefined ? {} : { operator }),
  ...(value === undefined ? {} : { value }),
  ...(effect === undefined ? {} : { effect }),
  ...(tolerationSeconds === undefined ? {} : { tolerationSeconds }),
});
