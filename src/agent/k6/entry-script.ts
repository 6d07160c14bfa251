import { THROWN_METRIC } from './frames.ts';

/** The functions of a script that executors run, and those around a test. */
export interface EntryFunctions extends Hooks {
  readonly run: readonly string[];
}

/**
 * The module that k6 runs in a script's stead: the script's own functions under the executors of the trial. Options of the
 * script that give load or judge it are left out; all others hold.
 */
export const entryScript = (scriptUrl: string, hooks: Hooks): string => `${beginning(scriptUrl)}
const own = { ...(script.options ?? {}) };
for (const key of ${JSON.stringify(REPLACED)}) delete own[key];
export const options = { ...own, ...JSON.parse(__ENV.${OPTIONS_VARIABLE}) };
${exported({ ...hooks, run: ['default'] })}`;

/** Likewise, under the script's own executors. */
export const ownEntryScript = (scriptUrl: string, functions: EntryFunctions): string => `${beginning(scriptUrl)}
export const options = script.options ?? {};
${exported(functions)}`;

/**
 * Exceptions are no samples in k6: they are counted where they are thrown, by a metric whose sample bears the virtual user,
 * with what was thrown as its metadata, of which no series is made. Null and objects without a text can be thrown too.
 */
const beginning = (scriptUrl: string): string => `import * as script from ${JSON.stringify(scriptUrl)};
import exec from 'k6/execution';
import { Counter } from 'k6/metrics';
const thrown = new Counter('${THROWN_METRIC}');
const textOf = (error) => {
  try {
    return encodeURIComponent(String(error).slice(0, 400));
  } catch {
    return 'exception';
  }
};
const told = (error) => {
  const { metadata } = exec.vu.metrics;
  metadata.${THROWN_METRIC} = textOf(error);
  thrown.add(1);
  delete metadata.${THROWN_METRIC};
  return error;
};
const telling = (run) => (...given) => {
  try {
    const result = run(...given);
    if (!(result instanceof Promise)) return result;
    return result.catch((error) => {
      throw told(error);
    });
  } catch (error) {
    throw told(error);
  }
};`;

const exported = ({ run, setup, teardown }: EntryFunctions): string =>
  [
    ...(setup ? [hook('setup')] : []),
    ...(teardown ? [hook('teardown')] : []),
    ...run.map(
      (name, i) => `const run_${i} = telling(script[${JSON.stringify(name)}]);\nexport { run_${i} as ${name} };\n`,
    ),
  ].join('\n');

/** k6 takes no export that is no function. */
const hook = (name: keyof Hooks): string =>
  `export const ${name} = typeof script.${name} === 'function' ? script.${name} : () => {};`;

/** Where the entry finds the trial's options. */
export const OPTIONS_VARIABLE = 'LOADCELL_K6_OPTIONS';

export interface Hooks {
  readonly setup: boolean;
  readonly teardown: boolean;
}

const REPLACED = [
  'vus',
  'duration',
  'iterations',
  'stages',
  'scenarios',
  'thresholds',
  'executionSegment',
  'executionSegmentSequence',
];

/** Which of the functions around a test a script may export: one that it does not export after all does nothing. */
export const hooksOf = (source: string): Hooks => ({
  setup: mayExport(source, 'setup'),
  teardown: mayExport(source, 'teardown'),
});

/** By its name, or by handing on what another module exports. */
const mayExport = (source: string, name: string): boolean =>
  new RegExp(`\\b${name}\\b|\\bexport\\s*\\*|\\bmodule\\.exports\\b`, 'u').test(source);
