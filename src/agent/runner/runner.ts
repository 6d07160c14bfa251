import { TraceError } from '../../scenarios/trace-error.ts';
import { isByDevice, visibleDevices } from '../../targets/devices.ts';
import { SecretError } from '../../targets/endpoint/secret.ts';
import type { ServerTold } from '../../targets/server-told.ts';
import type { TargetFacts } from '../../targets/target.ts';
import { nodeMonotonic, systemWallClock } from '../../time/monotonic.ts';
import { NS_PER_S } from '../../time/ns.ts';
import { readText } from '../../wire/read-text.ts';
import { isK6Trial, type TrialSpec } from '../../wire/trial-spec.ts';
import type { K6Trial } from '../k6/trial.ts';
import { loopDelayMeter } from '../loop-delay.ts';
import { packageVersion } from '../node-facts.ts';
import { createHostSampler } from '../proc-stat.ts';
import { TargetChanged, TargetRefused, ThreadEnded } from './crew.ts';
import { rehearseFold } from './fold-rehearsal.ts';
import type { FromRunner, ToRunner } from './messages.ts';
import { type NetworkBetween, networkBetween } from './network-between.ts';
import { ownAddressTowards } from './own-address.ts';
import { type OwnEndpoint, ownEndpoint } from './own-endpoint.ts';
import { secretDigests } from './secret-digests.ts';
import { type NotWatched, ServerWatch, serverWatch, type WatchTime } from './server-watch.ts';
import { refuseChangedTraces } from './trace-files.ts';
import { Trial, type TrialEnd } from './trial.ts';
import { Uplink } from './uplink.ts';
import { firstInstant } from './worker-task.ts';

/** What connects a runner with its agent. */
export interface RunnerPorts {
  /** Resolves when the message has left this process. */
  readonly send: (message: FromRunner) => Promise<void>;
  /** Module whose default export the pool calls on its threads. */
  readonly workerFile: string;
  /** Ends this process; `inFlight` requests are still inside their target. */
  readonly end: (inFlight: number) => void;
}

const nowNs = (): number => Number(nodeMonotonic());

const WATCH_TIME: WatchTime = {
  monotonic: nodeMonotonic,
  after: (ms, happen) => {
    const timer = setTimeout(happen, ms);
    return () => clearTimeout(timer);
  },
};

/** The life of a runner: one trial, or one calibration. */
export class Runner {
  readonly #ports: RunnerPorts;
  #trial: Trial | K6Trial | null = null;
  #spec: TrialSpec | null = null;
  #endpoint: OwnEndpoint | null = null;
  #network: NetworkBetween | null = null;
  /** Asked to stop before there was a trial. */
  #stopNs: number | null = null;
  /** On the server that is measured; null: nobody asks it, or another agent does. */
  #watch: ServerWatch | NotWatched | null = null;
  #isArmed = false;
  #seq = 0;

  constructor(ports: RunnerPorts) {
    this.#ports = ports;
  }

  /** Never rejects: what goes wrong is told as a fault, and the runner ends. */
  async take(message: ToRunner): Promise<void> {
    try {
      await this.#obey(message);
    } catch (error) {
      await this.#fault(error);
    }
  }

  async #obey(message: ToRunner): Promise<void> {
    switch (message.kind) {
      case 'prepare':
        return await this.#prepare(message.spec);
      case 'arm':
        return this.#arm(message.zero);
      case 'stop':
        return this.#stop(message.atNs);
      case 'calibrate': {
        const { calibrate } = await import('./calibrate.ts');
        const result = await calibrate(message.spec, {
          workerFile: this.#ports.workerFile,
          wall: systemWallClock,
          hostFacts: createHostSampler(readText),
          env: process.env,
          onStep: (step) => void this.#ports.send({ kind: 'calibrating', step }).catch(() => {}),
        });
        await this.#ports.send({ kind: 'calibrated', result });
        this.#ports.end(0);
      }
    }
  }

  async #prepare(spec: TrialSpec): Promise<void> {
    if (this.#spec !== null) throw new Error(`runner: asked to prepare ${spec.cellId} after ${this.#spec.cellId}`);
    this.#spec = spec;
    if (spec.serves !== undefined) return await this.#serve(spec, spec.serves.towards);
    const endpoint = await ownEndpoint(spec.target, packageVersion(readText));
    this.#endpoint = endpoint;
    const network = await networkBetween(endpoint?.target ?? spec.target, spec);
    this.#network = network;
    void network?.broken.then((how) => this.#fault(new ThreadEnded(how)));
    const target = network?.target ?? endpoint?.target ?? spec.target;
    const known = { ...endpoint?.facts, ...(network === null ? {} : { network: network.facts }) };
    await this.#open({ ...spec, target }, known).catch(async (error: unknown) => {
      throw await unreached(error, network);
    });
  }

  /** Serves the target for other agents until it is stopped. */
  async #serve({ target, cellId }: TrialSpec, towards: string): Promise<void> {
    const endpoint = await ownEndpoint(target, packageVersion(readText), await ownAddressTowards(towards));
    if (endpoint === null) throw new Error(`runner: asked to serve ${cellId}, whose target is not served`);
    this.#endpoint = endpoint;
    await this.#ports.send({ kind: 'ready', facts: { ...endpoint.facts, listening: endpoint.address } });
  }

  async #endServing(): Promise<void> {
    await this.#ports.send({ kind: 'done', lastSeq: 0, server: null });
    this.#endCompanions();
    this.#ports.end(0);
  }

  /** `known`: facts that the target itself cannot tell. */
  async #open(spec: TrialSpec, known: Partial<TargetFacts>): Promise<void> {
    const hostFacts = createHostSampler(readText);
    const network = this.#network;
    const uplink = new Uplink(spec, {
      wall: systemWallClock,
      monotonic: nodeMonotonic,
      hostFacts,
      loopDelayP99Ms: loopDelayMeter(nowNs),
      ...(network === null ? {} : { network: () => network.releases() }),
    });
    const trial = isK6Trial(spec)
      ? new (await import('../k6/trial.ts')).K6Trial({
          spec,
          origin: nodeMonotonic(),
          env: process.env,
          onSealed: (interval, pacing, extra) => this.#report(uplink.encode(interval, pacing, extra)),
        })
      : new Trial({
          spec,
          origin: nodeMonotonic(),
          workerFile: this.#ports.workerFile,
          onSealed: (interval, pacing) => this.#report(uplink.encode(interval, pacing)),
        });
    this.#trial = trial;
    if (this.#stopNs !== null) this.#stop(this.#stopNs);
    trial.done.then((end) => this.#finish(end)).catch((error: unknown) => this.#fault(error));
    rehearseFold(spec, uplink);
    const [facts] = await Promise.all([trial.opened, refuseChangedTraces(spec.phases)]);
    this.#watch = await serverWatch(spec, facts, process.env, WATCH_TIME);
    const secrets = await secretDigests(spec.target, process.env);
    const sent = secrets === null ? {} : { secrets };
    await this.#ports.send({ kind: 'ready', facts: { ...withDevices(facts), ...known, ...sent } });
  }

  #arm(zero: bigint): void {
    if (this.#spec?.serves !== undefined) return;
    if (this.#trial === null || this.#isArmed) throw new Error('runner: armed without being ready, or twice');
    this.#isArmed = true;
    if (this.#watch instanceof ServerWatch) this.#watch.arm(zero);
    this.#trial.arm(zero);
  }

  /** Before the start: begins a second early, so that the stop lies before the first arrival and cancels them all. */
  #stop(atNs: number): void {
    if (this.#spec === null) throw new Error('runner: stopped without a trial');
    if (this.#spec.serves !== undefined) {
      void this.#endServing().catch((error: unknown) => this.#fault(error));
      return;
    }
    if (this.#trial === null) {
      this.#stopNs = atNs;
      return;
    }
    if (this.#isArmed) {
      this.#trial.stop(atNs);
      return;
    }
    this.#arm(nodeMonotonic() + BigInt(Math.round(NS_PER_S - firstInstant(this.#spec))));
    this.#trial.stop(Number.NEGATIVE_INFINITY);
  }

  #report(payload: Uint8Array): void {
    this.#ports.send({ kind: 'interval', seq: this.#seq++, payload }).catch((error: unknown) => this.#fault(error));
  }

  async #finish({ lastSeq, inFlight, change = null }: TrialEnd): Promise<void> {
    if (change !== null) return this.#fault(change);
    await this.#ports.send({ kind: 'done', lastSeq, server: await this.#toldByServer() });
    if (inFlight === 0) await this.#trial?.disband();
    this.#endCompanions();
    this.#ports.end(inFlight);
  }

  async #toldByServer(): Promise<ServerTold | null> {
    const watch = this.#watch;
    if (watch === null) return null;
    return watch instanceof ServerWatch ? await watch.conclude() : { kind: 'nothing', why: watch.why };
  }

  /** Threads may be anywhere by now, so the process ends as if something were in flight. */
  async #fault(error: unknown): Promise<void> {
    const code = faultCode(error);
    const message = error instanceof Error ? error.message : String(error);
    await this.#ports.send({ kind: 'fault', code, message }).catch(() => {});
    this.#endCompanions();
    this.#ports.end(1);
  }

  #endCompanions(): void {
    this.#network?.end();
    this.#endpoint?.end();
  }
}

/** A session tells of its own device; its workers' sessions are on all of them. */
function withDevices(facts: TargetFacts): TargetFacts {
  const devices = visibleDevices(process.env);
  const { session } = facts;
  if (session === undefined || !isByDevice(session.provider) || devices.length < 2) return facts;
  return { ...facts, session: { ...session, options: { ...session.options, devices: devices.join(', ') } } };
}

/** What a client cannot know behind a network: why nobody answers at its far end. */
async function unreached(error: unknown, network: NetworkBetween | null): Promise<unknown> {
  if (network === null || !(error instanceof TargetRefused)) return error;
  const code = await network.unreachable();
  if (code === null) return error;
  return new TargetRefused(`${error.message}; behind the network of via the endpoint cannot be reached (${code})`);
}

type FaultCode = Extract<FromRunner, { readonly kind: 'fault' }>['code'];

function faultCode(error: unknown): FaultCode {
  if (error instanceof TargetChanged) return 'target-changed';
  if (error instanceof TargetRefused || error instanceof TraceError || error instanceof SecretError)
    return 'target-setup';
  return error instanceof ThreadEnded ? 'runner-died' : 'own-fault';
}
