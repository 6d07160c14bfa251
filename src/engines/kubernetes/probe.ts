import type { V1Node } from '@kubernetes/client-node';
import { hostOf, isLoopback } from '../../wire/loopback.ts';
import { infeasible, type Probe, type Problem } from '../engine.ts';
import { type Answer, hintOf, isQuota, saysNothing, whyNot } from './answer.ts';
import type { Cluster } from './cluster.ts';
import { gpuDemand } from './gpu-nodes.ts';
import { type JobOrder, jobManifest } from './job-manifest.ts';
import { nodeLines, type PlaceDemand, roomOn } from './node-room.ts';
import { quotaRoom } from './quota-room.ts';
import { HELPFUL, lacking, NEEDED, type Right, rightText } from './rights.ts';

/**
 * Whether the cluster answers, whether the engine may do what it must, and whether pods of this shape could ever be placed:
 * as far as nodes and quotas may be read, and by a trial of the Job that makes nothing.
 */
export async function probeKubernetes(order: JobOrder, cluster: Cluster): Promise<Probe> {
  const { found: where, problem } = await knock(
    cluster,
    NEEDED,
    'ask for the Role of deploy/kubernetes in this namespace',
  );
  if (problem !== null) return infeasible(where, [problem]);
  const room = await lookForRoom(order, cluster);
  const found = [...where, ...room.found];
  if (room.problems.length > 0) return infeasible(found, room.problems);
  const trial = await cluster.createJob(jobManifest(order), 'trial');
  if (trial.kind !== 'answered') return infeasible(found, [problemOf(trial, 'create job (a trial)')]);
  return { kind: 'feasible', found };
}

interface Knocked {
  readonly found: readonly string[];
  /** Null: the cluster answers, and one may do what is needed. */
  readonly problem: Problem | null;
  /** As the cluster knows whoever asks. */
  readonly user: string;
}

/** Whether the cluster answers and one has these rights; `hint`: what would be right where one has not. */
export async function knock(cluster: Cluster, rights: readonly Right[], hint: string): Promise<Knocked> {
  const version = await cluster.version();
  const server = `the API server ${cluster.server}`;
  if (version.kind !== 'answered') return { found: [], problem: problemOf(version, server), user: '' };
  const asked = await cluster.whoAmI();
  if (asked.kind !== 'answered') return { found: [], problem: problemOf(asked, server), user: '' };
  const user = asked.value;
  const found = [`Kubernetes ${version.value} at ${cluster.server}, namespace ${cluster.namespace}, as ${user}`];
  const missing = await lacking(cluster, rights);
  if (missing.kind !== 'answered') return { found, problem: problemOf(missing, 'what may be done'), user };
  if (missing.value.length === 0) return { found, problem: null, user };
  const message = `namespace ${cluster.namespace}: ${user} may not ${missing.value.map(rightText).join(', ')}`;
  return { found, problem: { code: 'no-permission', message, hint }, user };
}

interface Looked {
  readonly found: readonly string[];
  readonly problems: readonly Problem[];
}

/** What may not be read is said, and not judged. */
async function lookForRoom(order: JobOrder, cluster: Cluster): Promise<Looked> {
  const [nodes, quotas] = await Promise.all([cluster.listNodes(), cluster.listQuotas()]);
  const events = await cluster.mayI(HELPFUL.events.right);
  const unread = [
    ...(nodes.kind === 'answered' ? [] : [`nodes may not be read: ${HELPFUL.nodes.tells}`]),
    ...(quotas.kind === 'answered' ? [] : [`quotas may not be read: ${HELPFUL.quotas.tells}`]),
    ...(events.kind === 'answered' && events.value ? [] : [`events may not be read: ${HELPFUL.events.tells}`]),
  ];
  const looked = [
    nodes.kind === 'answered' ? onNodes(order, nodes.value) : nothingSaid,
    quotas.kind === 'answered' ? underQuotas(order, quotas.value) : nothingSaid,
    reaching(order, nodes),
  ];
  return {
    found: [...looked.flatMap(({ found }) => found), ...unread],
    problems: looked.flatMap(({ problems }) => problems),
  };
}

const nothingSaid: Looked = { found: [], problems: [] };

function onNodes(order: JobOrder, nodes: readonly V1Node[]): Looked {
  const { group, site } = order;
  const { limit } = gpuDemand(group.instance);
  const lines = nodeLines(nodes, limit?.resource ?? 'nvidia.com/gpu');
  const { ever, now } = roomOn(nodes, demandOf(order));
  const asked = group.indices.length;
  if (ever >= asked) {
    const not = now >= asked ? [] : [`not now: nodes for ${now} of ${asked} agents take pods at present`];
    return { found: [...lines, ...not], problems: [] };
  }
  const message = `nodes for ${ever} of ${asked} agents fit ${demandText(order)}`;
  if (site.nodes === 'scaled')
    return { found: [...lines, `${message}: more are to come when pods wait`], problems: [] };
  const sharing = 'GPUs that are shared or cut are taken only where gpu names them so';
  const hint = `this cluster has ${lines.join('; ') || 'no nodes'}. ${sharing}; fleet.kubernetes.nodes: scaled where nodes come by themselves`;
  return { found: lines, problems: [{ code: 'no-room', message, hint }] };
}

/** What the scheduler is asked, read off the Job itself. */
function demandOf(order: JobOrder): PlaceDemand {
  const pod = jobManifest(order).spec?.template.spec;
  const { requests = {}, limits = {} } = pod?.containers[0]?.resources ?? {};
  return {
    ...gpuDemand(order.group.instance),
    nodeSelector: order.site.nodeSelector,
    tolerations: pod?.tolerations ?? [],
    requests: { ...limits, ...requests },
    spread: order.site.spread,
  };
}

function demandText(order: JobOrder): string {
  const { requirements, requests, spread } = demandOf(order);
  const labels = requirements.flatMap(({ key, operator, values = [] }) =>
    operator === 'In' ? [`${key} in ${values.join(', ')}`] : [],
  );
  const amounts = Object.entries(requests).map(([resource, each]) => `${each} ${resource}`);
  const words = [...labels, ...amounts, ...(spread === 'nodes' ? ['a node for each agent'] : [])];
  return words.length === 0 ? 'what is asked' : words.join('; ');
}

function underQuotas(order: JobOrder, quotas: Parameters<typeof quotaRoom>[0]): Looked {
  const { requests, limits } = jobManifest(order).spec?.template.spec?.containers[0]?.resources ?? {};
  const each = { requests: { ...requests, ...gpusOf(limits) }, limits: limits ?? {} };
  const { never, notNow } = quotaRoom(quotas, order.group.indices.length, each);
  const hint = 'ask for less, or have the quota of the namespace raised';
  return {
    found: notNow.map((sentence) => `not now: ${sentence}`),
    problems: never.map((message) => ({ code: 'no-room', message, hint })),
  };
}

/** What has only a limit is requested as much. */
const gpusOf = (limits: Readonly<Record<string, string>> = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(limits).filter(([resource]) => resource.includes('/')));

/** Pods cannot dial an address that only this machine reaches, unless all nodes are this machine. */
function reaching({ group }: JobOrder, nodes: Answer<readonly V1Node[]>): Looked {
  if (!isLoopback(hostOf(group.coordinator))) return nothingSaid;
  const addresses = nodes.kind === 'answered' ? nodes.value.flatMap(({ status }) => status?.addresses ?? []) : [];
  const internal = addresses.filter(({ type }) => type === 'InternalIP');
  if (internal.length > 0 && internal.every(({ address }) => isLoopback(address))) return nothingSaid;
  const message = `pods cannot dial ${group.coordinator}, which only this machine reaches`;
  const hint =
    'expected --listen 0.0.0.0:7070 and --advertise (or fleet.coordinator) with an address of this machine, or of its pod, that pods reach';
  return { found: [], problems: [{ code: 'misconfigured', message, hint }] };
}

export function problemOf(answer: Exclude<Answer<unknown>, { readonly kind: 'answered' }>, call: string): Problem {
  if (answer.kind === 'silent' || saysNothing(answer)) {
    return {
      code: 'no-answer',
      message: whyNot(answer, call),
      hint: 'see whether kubectl reaches the cluster from here',
    };
  }
  const message = `${call}: ${answer.message}`;
  const hint = hintOf(answer) ?? 'see whether the campaign’s fleet.kubernetes fits this cluster';
  if (answer.status === 403 && isQuota(answer.message)) return { code: 'no-room', message, hint };
  const isRights = answer.status === 401 || answer.status === 403;
  return { code: isRights ? 'no-permission' : 'misconfigured', message, hint };
}
