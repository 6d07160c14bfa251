import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
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
        // Real processes and real time: one file after the other, with the machine to themselves.
        extends: true,
        test: {
          name: 'real',
          include: ['test/{integration,gpu}/**/*.test.ts'],
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
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
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
