import { defineConfig } from 'vitest/config';

const integration = (names: readonly string[]): string[] => names.map((name) => `test/integration/${name}.test.ts`);

/** What counts and classes, and judges no latency: two of them at a time. */
const TOLERANT = integration([
  'agent',
  'agent-metrics',
  'bench',
  'custom-target',
  'dial-probe',
  'encrypted-fleet',
  'endpoint',
  'endpoint-brain',
  'endpoint-run',
  'executions',
  'faults',
  'fetch',
  'fetch-desk',
  'gpu-mig',
  'gpu-place',
  'gpu-run',
  'groups',
  'history',
  'http2-carrier',
  'inside',
  'joined-agents',
  'k6-run',
  'k6-scripts',
  'k6-stock',
  'kubernetes-engine',
  'kubernetes-room',
  'loaded-modules',
  'onnx-models',
  'onnx-samples',
  'onnx-target',
  'prometheus',
  'report-html',
  'results-verbs',
  'sampler',
  'secured-endpoints',
  'sent-files',
  'serve',
  'serve-target',
]);
/** Builds images and runs them: minutes. */
const CONTAINERS = integration(['containers']);

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
    // What is waited for comes at once, or on a busy machine some time later: a second is no answer.
    expect: { poll: { timeout: 20_000 } },
    globalSetup: ['test/support/global-setup.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'pure',
          include: ['test/{unit,property,golden,simulation}/**/*.test.ts'],
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: 'tolerant', include: TOLERANT, sequence: { groupOrder: 1 } },
      },
      {
        // Real processes and real time: one file after the other, with the machine to themselves.
        extends: true,
        test: {
          name: 'real',
          include: ['test/{integration,gpu}/**/*.test.ts'],
          exclude: [...TOLERANT, ...CONTAINERS],
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: { name: 'containers', include: CONTAINERS, fileParallelism: false, sequence: { groupOrder: 3 } },
      },
      {
        // One suite over every engine: this machine, and real clusters, brought up for the tests and taken down after them.
        extends: true,
        test: {
          name: 'cluster',
          include: ['test/cluster/**/*.test.ts', 'test/integration/supervise-local-engine.test.ts'],
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
});
