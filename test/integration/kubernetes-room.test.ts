import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { V1ContainerState } from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ANY_INSTANCE } from '../../src/campaign/instance.ts';
import type { Bundle, BundleFile, InsideHandle, InsideOrder } from '../../src/engines/inside-place.ts';
import { coordinatorAnnotations, coordinatorLabels } from '../../src/engines/kubernetes/attempt-name.ts';
import { KubernetesPlace, type KubernetesPlaceOptions } from '../../src/engines/kubernetes/kubernetes-place.ts';
import { reachCluster } from '../../src/engines/kubernetes/reach.ts';
import { keepRoom, type RoomExit } from '../../src/engines/kubernetes/room/keep-room.ts';
import { PIECE_BYTES } from '../../src/engines/kubernetes/room/room-talk.ts';
import { seconds } from '../../src/time/ns.ts';
import { eventually } from '../support/eventually.ts';
import { FakeKubernetes, failure } from '../support/fake-kubernetes.ts';
import { freePorts } from '../support/free-ports.ts';
import { IMAGE, SITE } from '../support/kubernetes-order.ts';
import { running, terminated, unschedulable } from '../support/kubernetes-pods.ts';

const RUN = '20261122T051800Z-inside-7f3a';
const JOB = 'loadcell-20261122t051800z-inside-7f3a-coordinator';
const POD = `${JOB}-0-abcde`;
const TOKEN = 'token of the run';
const ORDER: InsideOrder = { runId: RUN, instance: ANY_INSTANCE, stayNs: seconds(600) };

/** What stands for `loadcell inside`: it says what it is told, line by line, and leaves a results folder. */
const COORDINATOR = `
cd "$1"; mkdir -p results/$2/journal
trap 'echo "\\"drained\\"" >> words; exit 130' TERM
echo '"begun"' >> words
cat bundle/plan.json > results/$2/plan.json; printf evidence > results/$2/journal/000001.log
until [ -e bundle/go ]; do sleep 0.05; done
echo '"finished"' >> words`;

let api: FakeKubernetes;
let folder: string;
let room: string;
let port: number;
let exit: Promise<RoomExit> | null;
const signals = new EventEmitter();

beforeEach(async () => {
  api = new FakeKubernetes();
  await api.listen();
  folder = mkdtempSync(join(tmpdir(), 'loadcell-room-'));
  room = mkdtempSync(join(tmpdir(), 'loadcell-room-'));
  writeFileSync(join(folder, 'config'), api.kubeconfig());
  [port = 0] = await freePorts(1);
  exit = null;
});
afterEach(async () => {
  vi.restoreAllMocks();
  if (exit !== null) {
    podIs(running);
    api.objects.jobs.set(JOB, { metadata: { name: JOB } });
    await placeWith().clear({ runId: RUN, id: JOB, room: '' });
  }
  expect(await exit).not.toMatchObject({ exitCode: 70 });
  signals.removeAllListeners();
  await api.close();
  for (const path of [folder, room]) rmSync(path, { recursive: true, force: true });
});

/** The process of the pod, on this machine. */
function openRoom(script = COORDINATOR): void {
  const tokenDigest = createHash('sha256').update(TOKEN).digest('hex');
  const times = { staySeconds: 600, keepSeconds: 600 };
  exit = keepRoom(
    { folder: room, runId: RUN, tokenDigest, port, advertise: '127.0.0.1', ...times },
    signals as never,
    () => spawn('/bin/sh', ['-c', script, 'inside', room, RUN], { detached: true, stdio: 'ignore' }),
  );
}

/** What a kubelet would tell of the pod of the Job. */
function podIs(state: V1ContainerState | null, conditions: readonly object[] = []): void {
  const pod = {
    metadata: {
      name: POD,
      uid: 'uid-pod',
      labels: { 'batch.kubernetes.io/job-completion-index': '0', 'batch.kubernetes.io/job-name': JOB },
    },
    spec: {
      containers: [{ name: 'coordinator', ports: [{ name: 'room', containerPort: port }] }],
      ...(state === null ? {} : { nodeName: 'n1' }),
    },
    status: {
      phase: state?.running === undefined ? (state === null ? 'Pending' : 'Failed') : 'Running',
      conditions,
      containerStatuses: state === null ? [] : [{ name: 'coordinator', state }],
    },
  };
  api.objects.pods.set(POD, pod);
}

function placeWith(change: Partial<KubernetesPlaceOptions> = {}): KubernetesPlace {
  const env = { KUBECONFIG: join(folder, 'config') };
  const reach = reachCluster({ context: null, namespace: null }, { env, home: folder, limitMs: 1_000 });
  const coordinator = {
    image: IMAGE,
    command: null,
    serviceAccount: 'loadcell-coordinator',
    port,
    keepNs: seconds(600),
  };
  return new KubernetesPlace({
    reach,
    site: { ...SITE, coordinator },
    queueNs: seconds(60),
    pollMs: 20,
    slackMs: 200,
    token: () => TOKEN,
    ...change,
  });
}

const file = (name: string, content: Uint8Array): BundleFile => ({
  name,
  bytes: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
  content,
});
const BUNDLE: Bundle = { files: [file('plan.json', Buffer.from('{}')), file('files/empty', Buffer.alloc(0))] };
const ignore = (): void => {};
const forever = new AbortController().signal;
const started = (place = placeWith(), bundle = BUNDLE): Promise<InsideHandle> =>
  place.start(ORDER, bundle, ignore, forever);
const letGo = (): void => writeFileSync(join(room, 'bundle', 'go'), '');

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of source) found.push(one);
  return found;
}

describe('a run', () => {
  test('is handed over, told word by word, and what comes of it is listed, read from anywhere, and cleared', async () => {
    openRoom();
    podIs(running);
    const place = placeWith();
    const handle = await started(place);
    expect(handle).toMatchObject({ runId: RUN, id: JOB });
    expect(await place.status(handle)).toEqual({ kind: 'running', node: 'n1' });
    expect(await place.find(null)).toEqual([handle]);
    expect(await place.find('another')).toEqual([]);
    const words = place.words(handle, 0, forever)[Symbol.asyncIterator]();
    expect((await words.next()).value).toBe('"begun"');
    letGo();
    expect((await words.next()).value).toBe('"finished"');
    expect((await words.next()).done).toBe(true);
    expect(await all(place.words(handle, 1, forever))).toEqual(['"finished"']);
    expect(await place.status(handle)).toEqual({ kind: 'ended', reason: '' });
    const results = await place.results(handle, forever);
    expect(results.map(({ path, bytes }) => [path, bytes])).toEqual([
      ['journal/000001.log', 8],
      ['plan.json', 2],
    ]);
    expect(String(Buffer.concat(await all(place.read(handle, 'journal/000001.log', 3, forever))))).toBe('dence');
    await place.clear(handle);
    expect([...api.objects.jobs, ...api.objects.pods]).toEqual([]);
    await expect(place.results(handle, forever)).rejects.toMatchObject({ kind: 'cleared' });
    await place.clear(handle);
  });

  test('is not found in a Job that bears its label and is of another run', async () => {
    const labels = coordinatorLabels(RUN, 'somebody');
    for (const other of ['../outside', 'another'])
      api.objects.jobs.set(other, { metadata: { name: other, labels, annotations: coordinatorAnnotations(other) } });
    expect(await placeWith().find(RUN)).toEqual([]);
  });

  test('as sealed is listed without being read again', async () => {
    openRoom();
    podIs(running);
    const place = placeWith();
    const handle = await started(place);
    letGo();
    await all(place.words(handle, 0, forever));
    const sealed = [{ path: 'plan.json', bytes: 2, sha256: '0'.repeat(64) }];
    writeFileSync(join(room, 'sealed.json'), JSON.stringify(sealed));
    expect(await place.results(handle, forever)).toEqual(sealed);
  });

  test('larger than a piece comes whole over a connection that breaks, and goes on where it was', async () => {
    openRoom();
    podIs(running);
    const large = randomBytes(PIECE_BYTES + 12_345);
    const path = join(folder, 'model.onnx');
    writeFileSync(path, large);
    const told: string[] = [];
    const down = failure(
      503,
      'ServiceUnavailable',
      'error trying to reach service: dial tcp 10.0.0.9:7071: i/o timeout',
    );
    api.trouble(/proxy\/state$/, down, 2);
    const tell = (why: string): void => {
      if (/model.onnx: 32\.0 of/.test(why) && !told.some((one) => /32\.0 of/.test(one)))
        api.trouble(/POST .*bundle$/, down);
      told.push(why);
    };
    const bundle = { files: [...BUNDLE.files, { ...file('files/model.onnx', large), content: path }] };
    await placeWith().start(ORDER, bundle, tell, forever);
    expect(readFileSync(join(room, 'bundle', 'files', 'model.onnx')).equals(large)).toBe(true);
    expect(readFileSync(join(room, 'bundle', 'files', 'empty'))).toHaveLength(0);
    expect(told.join('\n')).toContain(
      'cannot be reached through the API server: error trying to reach service: dial tcp',
    );
    const sent = api.calls.filter(
      ({ line, query }) => /POST .*bundle$/.test(line) && query.name === 'files/model.onnx',
    );
    expect(sent.map(({ query }) => Number(query.from))).toEqual([0, PIECE_BYTES, PIECE_BYTES]);
    letGo();
  });

  test('that is started again starts nothing, and goes on', async () => {
    openRoom();
    podIs(running);
    const handle = await started();
    expect(await started()).toEqual(handle);
    expect(api.calls.filter(({ line }) => line.endsWith('/proxy/begin'))).toHaveLength(1);
    letGo();
    expect(await all(placeWith().words(handle, 0, forever))).toEqual(['"begun"', '"finished"']);
  });

  test('is drained once, however often it is told, and ended at once when that is told', async () => {
    openRoom();
    podIs(running);
    const place = placeWith();
    const handle = await started(place);
    await eventually('its first word', async () => (await place.results(handle, forever)).length > 0);
    await place.tell(handle, 'drain');
    await place.tell(handle, 'drain');
    expect(await all(place.words(handle, 0, forever))).toEqual(['"begun"', '"drained"']);
    await place.tell(handle, 'abort');
  });

  test('whose pod is being taken away drains, and its results can still be fetched', async () => {
    openRoom();
    podIs(running);
    const place = placeWith();
    const handle = await started(place);
    await eventually('its first word', async () => (await place.results(handle, forever)).length > 0);
    signals.emit('SIGTERM');
    expect(await all(place.words(handle, 0, forever))).toEqual(['"begun"', '"drained"']);
    expect(String(Buffer.concat(await all(place.read(handle, 'plan.json', 0, forever))))).toBe('{}');
    await place.clear(handle);
    expect(await exit).toEqual({ exitCode: 0, sentence: null });
  });

  test('that is ended at once has ended when that is passed on', async () => {
    openRoom(`${COORDINATOR.replace(/trap.*/, '')}\nsleep 60`);
    podIs(running);
    const place = placeWith();
    const handle = await started(place);
    letGo();
    await place.tell(handle, 'abort');
    expect(await place.status(handle)).toEqual({ kind: 'ended', reason: '' });
  });
});

describe('a room', () => {
  test('answers nobody without the token of its run', async () => {
    openRoom();
    podIs(running);
    const stranger = placeWith({ token: () => 'another' });
    await expect(started(stranger)).rejects.toThrow(`pod ${POD}: this is not the token of run ${RUN}`);
    expect(api.calls.some(({ line }) => line.endsWith('/proxy/begin'))).toBe(false);
  });

  test('takes no file from outside its folder', async () => {
    openRoom();
    podIs(running);
    const outside = { files: [file('../words', Buffer.from('"begun"\n'))] };
    await expect(started(placeWith(), outside)).rejects.toThrow(
      'found the path ../words, expected one below its folder',
    );
  });

  test('gives no file from outside its results', async () => {
    openRoom();
    podIs(running);
    const place = placeWith();
    const handle = await started(place);
    await expect(all(place.read(handle, '../../bundle/plan.json', 0, forever))).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('found the path ../../bundle/plan.json, expected one below its folder'),
    });
    await expect(all(place.read(handle, 'no/such', 0, forever))).rejects.toMatchObject({ kind: 'gone' });
    letGo();
  });
});

describe('a place', () => {
  test('that is not given in time is given back, with the scheduler’s words', async () => {
    podIs(null, [unschedulable('0/2 nodes are available: 2 Insufficient cpu.')]);
    const told: string[] = [];
    const place = placeWith({ queueNs: seconds(0.2) });
    await expect(place.start(ORDER, BUNDLE, (why) => told.push(why), forever)).rejects.toMatchObject({
      kind: 'unplaced',
      message: expect.stringMatching(/within 0?\.?200 ?ms.*Insufficient cpu|within 0.2 s: .*Insufficient cpu/),
    });
    expect(told[0]).toContain('Insufficient cpu');
    expect([...api.objects.jobs, ...api.objects.pods]).toEqual([]);
  });

  const byHand = `kubectl delete job ${JOB} --namespace bench --cascade=foreground`;
  const down = failure(503, 'ServiceUnavailable', 'etcd');

  /** Each look at the clock is ten seconds later. */
  function hurry(): void {
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => {
      now += 10_000;
      return now;
    });
  }

  test('that an API server fell silent about is no refusal, and how what may have been made is ended is said', async () => {
    api.trouble(/POST .*jobs$/, down, Number.POSITIVE_INFINITY);
    hurry();
    await expect(started()).rejects.toMatchObject({
      kind: 'lost',
      message: `create job ${JOB}: etcd; whether it was made is not known: it ends by itself, or by: ${byHand}`,
    });
  });

  test('that cannot be given back is told with what it was given back for', async () => {
    podIs(null, [unschedulable('0/2 nodes are available: 2 Insufficient cpu.')]);
    api.trouble(/DELETE .*jobs/, down, Number.POSITIVE_INFINITY);
    hurry();
    await expect(started()).rejects.toMatchObject({
      kind: 'lost',
      message: expect.stringMatching(
        /^no place was given .*Insufficient cpu; Job .* could not be cleared: delete job .*: etcd; end it with: kubectl/,
      ),
    });
  });

  test('that is no longer wanted is given back', async () => {
    podIs(null);
    const wanted = new AbortController();
    const start = placeWith().start(ORDER, BUNDLE, () => wanted.abort(new Error('ended by SIGINT')), wanted.signal);
    await expect(start).rejects.toThrow('ended by SIGINT');
    expect(api.objects.jobs.size).toBe(0);
  });

  test('whose pod ends before it has its run says why', async () => {
    podIs(terminated(12, 'loadcell room: nobody handed over'));
    await expect(started()).rejects.toThrow(/coordinator.* ended: loadcell room: nobody handed over/);
  });

  test('whose pod is gone tells so when its words are asked for, and that its results are gone with it', async () => {
    openRoom();
    podIs(running);
    const place = placeWith();
    const handle = await started(place);
    podIs(terminated(137, '', 'OOMKilled'));
    expect(await all(place.words(handle, 0, forever))).toEqual([]);
    expect(await place.status(handle)).toEqual({ kind: 'ended', reason: 'OOMKilled' });
    await expect(place.results(handle, forever)).rejects.toMatchObject({
      kind: 'gone',
      message: expect.stringContaining('is gone (OOMKilled), and with it what it kept'),
    });
    letGo();
  });

  test('whose node is dead is given up when the cluster has, with its words, and nothing of it is left', async () => {
    openRoom();
    podIs(running, [
      {
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'DeletionByTaintManager',
        message: 'Taint manager: deleting due to NoExecute taint',
      },
    ]);
    const place = placeWith();
    const handle = await started(place);
    const pod = api.objects.pods.get(POD);
    if (pod === undefined) throw new Error('there is no pod');
    const ending = { deletionTimestamp: '2026-11-22T05:18:00Z', deletionGracePeriodSeconds: 0 };
    api.objects.pods.set(POD, { ...pod, metadata: { ...pod.metadata, ...ending } });
    api.stuck.add(POD);
    const why = 'its node n1 does not answer: DeletionByTaintManager: Taint manager: deleting due to NoExecute taint';
    await eventually('it to be given up', async () => (await place.status(handle)).kind === 'ended');
    expect(await place.status(handle)).toEqual({ kind: 'ended', reason: why });
    await expect(place.results(handle, forever)).rejects.toMatchObject({
      kind: 'gone',
      message: expect.stringContaining(`is gone (${why}), and with it what it kept`),
    });
    await place.clear(handle);
    expect([...api.objects.jobs, ...api.objects.pods]).toEqual([]);
    api.stuck.clear();
    letGo();
  });

  test.each([
    ['an API server that says nothing', /GET .*jobs/, failure(503, 'ServiceUnavailable', 'etcd'), 'lost'],
    [
      'a pod that is out of reach',
      /proxy/,
      failure(503, 'ServiceUnavailable', 'error trying to reach service'),
      'lost',
    ],
    ['a pod of which the server knows no more', /proxy/, failure(404, 'NotFound', 'pods not found'), 'lost'],
    ['a right that was taken away', /proxy/, failure(403, 'Forbidden', 'pods/proxy is forbidden'), 'refused'],
  ] as const)('behind %s says nothing of its run', async (_, line, fault, kind) => {
    openRoom();
    podIs(running);
    const place = placeWith();
    const handle = await started(place);
    api.trouble(line, fault, 1);
    await expect(all(place.words(handle, 0, forever))).rejects.toMatchObject({ kind });
    letGo();
    expect(await all(place.words(handle, 0, forever))).toEqual(['"begun"', '"finished"']);
  });
});

describe('a probe', () => {
  const problems = async (change: Partial<KubernetesPlaceOptions> = {}): Promise<string> => {
    const probe = await placeWith(change).probe(ORDER);
    return probe.kind === 'feasible' ? 'none' : probe.problems.map((one) => `${one.message}; ${one.hint}`).join('\n');
  };
  const account = (): void => {
    api.objects.serviceaccounts.set('loadcell-coordinator', { metadata: { name: 'loadcell-coordinator' } });
  };

  test('tries the Job of the coordinator without making it', async () => {
    account();
    expect(await problems()).toBe('none');
    expect(api.calls.at(-1)).toMatchObject({ query: { dryRun: 'All', fieldValidation: 'Strict' } });
    expect(api.objects.jobs.size).toBe(0);
  });

  test('names the rights that are missing', async () => {
    account();
    api.forbidden.add('create pods/proxy');
    expect(await problems()).toBe(
      'namespace bench: mia may not create pods/proxy; ask for the Roles of deploy/kubernetes/access.yaml in this namespace',
    );
  });

  test('asks for an image of the coordinator', async () => {
    expect(await problems({ site: SITE })).toMatch(
      /found inside, and no image of a coordinator; expected fleet.kubernetes/,
    );
  });

  test('finds out that the account of the coordinator is not there', async () => {
    expect(await problems()).toMatch(/found no service account loadcell-coordinator.*deploy\/kubernetes\/access\.yaml/);
  });
});
