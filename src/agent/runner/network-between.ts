import { fileURLToPath } from 'node:url';
import type { Remote } from '../../campaign/endpoint-spec.ts';
import { isNetwork, type NetworkSpec, type TargetSpec } from '../../campaign/target-spec.ts';
import type { NetworkFacts, NetworkReleases } from '../../targets/network-facts.ts';
import { nodeMonotonic, threadClock } from '../../time/monotonic.ts';
import type { TrialSpec } from '../../wire/trial-spec.ts';
import type { FromNetwork, ToNetwork } from '../network/attach-network.ts';
import { Companion } from './companion.ts';

/**
 * The network of one trial, a process of its own between the runner's clients and the endpoint. It is a part of the
 * instrument: should it end by itself, the trial is worth nothing.
 */
export interface NetworkBetween {
  /** The target, whose connections now go through it. */
  readonly target: NetworkSpec;
  /** What it was found to do. */
  readonly facts: NetworkFacts;
  /** What it let out since the last call, as far as it has told. */
  releases(): NetworkReleases;
  /**
   * Why the endpoint could not be reached last, by the error's code; null: it could, or the network is no more. A client may
   * see its connection reset before anything that the network says of its own accord is read: so it is asked.
   */
  unreachable(): Promise<string | null>;
  /** Resolves with a sentence when it ends by itself. */
  readonly broken: Promise<string>;
  end(): void;
}

/** Puts a target's network in place and examines it; null: it has none. @throws TargetRefused */
export async function networkBetween(target: TargetSpec, trial: TrialSpec): Promise<NetworkBetween | null> {
  if (!isNetwork(target) || target.via === undefined) return null;
  const { via } = target;
  const { Examiner } = await import('../network/examine.ts');
  const companion = new Companion<ToNetwork, FromNetwork>(entry(), 'via: the network between');
  let told: NetworkReleases = NONE;
  companion.listen((message) => {
    if (message.kind === 'released') {
      told = { released: told.released + message.released, late: told.late + message.late };
    }
  });
  const examiner = new Examiner(threadClock(nodeMonotonic()));
  try {
    const name = `network/${trial.scenario}/${trial.trial}/${trial.share.index}`;
    const remotes = { remote: remoteOf(target), examiner: await examiner.listen() };
    const { port, examinerPort } = await companion.open(
      { kind: 'open', via, seed: trial.seed, name, ...remotes },
      'listening',
    );
    const facts = await examiner.examine(examinerPort, via);
    companion.tell({ kind: 'examined' });
    told = NONE;
    let isWanted = true;
    const { promise: broken, resolve } = Promise.withResolvers<string>();
    void companion.ended.then((how) => {
      if (isWanted) resolve(`via: the network between ${how}`);
    });
    return {
      target: { ...target, dialAt: { host: HOST, port } },
      facts,
      releases: () => {
        const found = told;
        told = NONE;
        return found;
      },
      unreachable: () =>
        companion.open({ kind: 'ask-reached' }, 'reached').then(
          ({ unreachable }) => unreachable,
          () => null,
        ),
      broken,
      end: () => {
        isWanted = false;
        companion.end();
      },
    };
  } catch (error) {
    companion.end();
    throw error;
  } finally {
    examiner.close();
  }
}

const HOST = '127.0.0.1';
const NONE: NetworkReleases = { released: 0, late: 0 };

function entry(): string {
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  return fileURLToPath(new URL(`../network/main${extension}`, import.meta.url));
}

/** Where the endpoint of a target is. */
function remoteOf(target: NetworkSpec): Remote {
  const url = new URL(target.kind === 'http' ? target.url : `http://${target.address}`);
  const usual = url.protocol === 'https:' ? 443 : 80;
  return { host: url.hostname.replace(/^\[|\]$/gu, ''), port: Number(url.port) || usual };
}
