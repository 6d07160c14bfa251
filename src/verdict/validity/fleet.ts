import { leftOnCpu, placementOn } from '../../targets/placement.ts';
import type { TrialEvidence } from '../evidence.ts';
import { counted, digits } from '../wording.ts';
import { atAgent, type Examined, type Flaw, flaw } from './rule.ts';

type FaultCode = TrialEvidence['faults'][number]['code'];

const HINTS: Readonly<Record<FaultCode, string>> = {
  'target-setup': 'Correct what it names in the campaign’s files and run again.',
  'target-changed': 'Measure it while nobody rolls it out, and behind one address one and the same server.',
  'runner-died': 'Look at what the model or its runtime printed; a fresh runner serves the next trial.',
  'agent-lost': 'Look at the node and at the network between it and the coordinator.',
  'own-fault': 'This is a fault of the harness, not of the target: please report it with the results folder.',
};

/**
 * A runner that died, an agent that was lost, a harness that failed, an input of a running trial that could not be sent, a
 * server that was exchanged under the load.
 * A target that did not open leaves the trial not run.
 */
export function faults(trial: Examined): readonly Flaw[] {
  return trial.evidence.faults.flatMap(({ agent, code, message }) =>
    code === 'target-setup' && trial.evidence.startedAt === null
      ? []
      : [flaw('invalid', code, atAgent(trial, agent), sentence(message), HINTS[code])],
  );
}

export const sentence = (message: string): string => (/[.!?]$/.test(message) ? message : `${message}.`);

/** The execution provider in use is not the first that was asked for. */
export function providerFallback(trial: Examined): readonly Flaw[] {
  const { spec } = trial.cell;
  if (spec.kind !== 'onnx') return [];
  const [wanted] = spec.providers;
  return trial.evidence.agents.flatMap(({ agent, provider }) => {
    if (provider === null || wanted === undefined || provider.toLowerCase() === wanted.toLowerCase()) return [];
    const message = `The model ran on ${provider}; ${wanted} was asked for first.`;
    const hint = `Make ${wanted} available, or write \`require: ${wanted}\` so that nothing else is accepted.`;
    return [flaw('caution', 'provider-fallback', atAgent(trial, agent), message, hint)];
  });
}

/** Nodes of the model that ran on the CPU although the provider in use is another one: copies to and fro between them. */
export function nodesOnCpu(trial: Examined): readonly Flaw[] {
  return trial.evidence.agents.flatMap(({ agent, provider, nodes }) => {
    if (provider === null || nodes === null || placementOn(provider, nodes).kind !== 'shared') return [];
    const times = Object.values(nodes).map(({ ms }) => ms);
    const all = times.reduce((sum, ms) => sum + ms, 0);
    const message = `The model ran on ${provider} with ${leftOnCpu(nodes)}: ${digits(nodes.cpu?.ms ?? 0)} of the ${digits(all)} ms of a profiled request.`;
    const hint = `Export the model so that ${provider} takes these operators (fixed shapes, a newer opset, types that it supports), or write \`require: ${provider}\` so that nothing else is accepted.`;
    return [flaw('caution', 'nodes-on-cpu', atAgent(trial, agent), message, hint)];
  });
}

/** No sentence holds an exponent. */
const chance = (p: number): string => (p < 1e-6 ? '< 0.000001' : `= ${p.toFixed(6).replace(/0+$/u, '')}`);

/** Samples that were asked for again were answered faster than the first time, before the load. */
export function answersFromCache(trial: Examined): readonly Flaw[] {
  return trial.evidence.agents.flatMap(({ agent, repeats }) => {
    if (repeats?.kind !== 'faster-again') return [];
    const { pairs, ratio, firstMs, againMs, pValue } = repeats;
    const message = `Asked again, the same sample was answered ${digits(ratio ?? 0)} times as fast (median of ${counted(pairs, 'sample')}: ${digits(againMs ?? 0)} ms after ${digits(firstMs ?? 0)} ms, p ${chance(pValue ?? 0)}): the endpoint seems to answer from a cache.`;
    const hint =
      'Turn the cache off for the measurement, or send more different samples than it holds; else the figures are those of the cache wherever samples repeat.';
    return [flaw('caution', 'answers-from-cache', atAgent(trial, agent), message, hint)];
  });
}
