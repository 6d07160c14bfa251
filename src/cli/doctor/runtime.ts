import type { NodeFacts } from '../../agent/node-facts.ts';
import { type Finding, missing, ok, stopping, warning } from './finding.ts';

/** What a process of its own saw when it loaded onnxruntime and opened a session with every provider of its build. */
export type RuntimeReport =
  | {
      readonly kind: 'loaded';
      readonly version: string;
      /** `problem` null: a session opens. */
      readonly providers: readonly { readonly name: string; readonly problem: string | null }[];
    }
  | { readonly kind: 'broken'; readonly why: string };

export interface RuntimeFacts {
  readonly node: string;
  /** Of the installed package; null: there is none. */
  readonly onnxruntime: NodeFacts['onnxruntime'];
  readonly report: RuntimeReport;
  readonly hasGpu: boolean;
}

/** `engines` of package.json. */
export const OLDEST_NODE = 24;

export const judgeRuntime = (facts: RuntimeFacts): readonly Finding[] => [
  node(facts),
  onnxruntime(facts),
  providers(facts),
];

function node({ node: version }: RuntimeFacts): Finding {
  if (Number(version.split('.')[0]) >= OLDEST_NODE) return ok('Node', version);
  return stopping('Node', version, `install Node ${OLDEST_NODE} or newer`);
}

function onnxruntime({ onnxruntime: version, report }: RuntimeFacts): Finding {
  const again = 'npm install onnxruntime-node again, for this operating system and processor';
  if (version === null) return stopping('onnxruntime', 'not installed', again);
  if (report.kind === 'broken') return stopping('onnxruntime', `${version} does not load: ${report.why}`, again);
  return ok('onnxruntime', report.version);
}

function providers({ report, hasGpu }: RuntimeFacts): Finding {
  if (report.kind === 'broken') return missing('providers', 'none', 'see onnxruntime');
  const usable = report.providers.filter(({ problem }) => problem === null).map(({ name }) => name);
  const others = report.providers.filter(({ problem }) => problem !== null);
  const reasons = others.map(({ name, problem }) => `${name}: ${problem}`).join('; ');
  const found = `${usable.join(', ') || 'none'}${others.length === 0 ? '' : ` (${reasons})`}`;
  if (!usable.includes('cpu')) return stopping('providers', found, 'install onnxruntime-node again');
  if (!hasGpu || usable.length > 1) return ok('providers', found);
  return warning(
    'providers',
    found,
    "a GPU is here and models would run on the CPU: install CUDA and cuDNN and run onnxruntime-node's own install step without ONNXRUNTIME_NODE_INSTALL=skip",
  );
}
