/**
 * The module that k6 runs in a script's stead: the script's own functions under the executors of the trial. Options of the
 * script that give load or judge it are left out; all others hold.
 */
export const entryScript = (
  scriptUrl: string,
  hooks: Hooks,
): string => `import * as script from ${JSON.stringify(scriptUrl)};
const own = { ...(script.options ?? {}) };
for (const key of ${JSON.stringify(REPLACED)}) delete own[key];
export const options = { ...own, ...JSON.parse(__ENV.${OPTIONS_VARIABLE}) };
${hooks.setup ? 'export const setup = script.setup;\n' : ''}${hooks.teardown ? 'export const teardown = script.teardown;\n' : ''}export default script.default;
`;

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

/** Which of the functions around a test a script exports. k6 refuses an export that is no function, so a guess must be right. */
export const hooksOf = (source: string): Hooks => ({
  setup: exports(source, 'setup'),
  teardown: exports(source, 'teardown'),
});

function exports(source: string, name: string): boolean {
  const bare = source.replaceAll(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/gu, '');
  const declared = new RegExp(`export\\s+(async\\s+)?(function|const|let|var)\\s+${name}\\b`, 'u').test(bare);
  return declared || new RegExp(`export\\s*\\{[^}]*\\b${name}\\b\\s*[,}]`, 'u').test(bare);
}
