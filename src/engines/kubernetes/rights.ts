import type { Answer } from './answer.ts';
import type { Cluster } from './cluster.ts';

/** A verb on a kind of object. */
export interface Right {
  readonly verb: 'create' | 'get' | 'list' | 'delete';
  /** Empty: the core. */
  readonly group: '' | 'batch';
  readonly resource: string;
  readonly subresource?: string;
  /** `cluster`: on objects that are in no namespace. */
  readonly scope: 'namespace' | 'cluster';
}

const of = (group: Right['group'], path: string, ...verbs: readonly Right['verb'][]): readonly Right[] => {
  const [resource = '', subresource] = path.split('/');
  const below = subresource === undefined ? {} : { subresource };
  return verbs.map((verb) => ({ verb, group, resource, ...below, scope: 'namespace' }));
};

/** What the engine cannot do without: the Role of deploy/kubernetes. */
export const NEEDED: readonly Right[] = [
  ...of('batch', 'jobs', 'create', 'get', 'list', 'delete'),
  ...of('', 'pods', 'list', 'delete'),
  ...of('', 'pods/log', 'get'),
  ...of('', 'secrets', 'create', 'delete'),
];

/** What a command needs beside, whose coordinator is inside. */
export const NEEDED_INSIDE: readonly Right[] = of('', 'pods/proxy', 'get', 'create');
/** It is told before the start that the coordinator's account is not there, and not by its Job. */
export const HELPFUL_INSIDE: readonly Right[] = of('', 'serviceaccounts', 'get');

/** What it tells more with, and what it then tells. */
export const HELPFUL = {
  events: { right: of('', 'events', 'list')[0] as Right, tells: 'why pods are not made (quotas) is not told' },
  quotas: {
    right: of('', 'resourcequotas', 'list')[0] as Right,
    tells: 'whether quotas leave room is not told before the start',
  },
  nodes: {
    right: { verb: 'list', group: '', resource: 'nodes', scope: 'cluster' },
    tells: 'whether any node fits is not told before the start',
  },
} as const satisfies Readonly<Record<string, { readonly right: Right; readonly tells: string }>>;

export const rightText = ({ verb, resource, subresource }: Right): string =>
  `${verb} ${subresource === undefined ? resource : `${resource}/${subresource}`}`;

/** Those of the rights that one does not have; the first that the server does not tell about. */
export async function lacking(cluster: Cluster, rights: readonly Right[]): Promise<Answer<readonly Right[]>> {
  const answers = await Promise.all(rights.map((right) => cluster.mayI(right)));
  const untold = answers.find((answer) => answer.kind !== 'answered');
  if (untold !== undefined) return untold;
  const missing = rights.filter((_, at) => {
    const answer = answers[at];
    return answer?.kind === 'answered' && !answer.value;
  });
  return { kind: 'answered', value: missing };
}
