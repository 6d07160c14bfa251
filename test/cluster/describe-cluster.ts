import { describe, test } from 'vitest';

/**
 * Tests on a real cluster. Where it cannot be brought up they fail with what is missing, unless it is skipped by name:
 * `LOADCELL_CLUSTER_SKIP=slurm`.
 */
export function describeCluster(name: string, whyNot: string | null, body: () => void): void {
  const skipped = (process.env.LOADCELL_CLUSTER_SKIP ?? '').split(',').includes(name);
  if (whyNot === null && !skipped) describe(name, body);
  else if (skipped) describe.skip(`${name} (skipped by name)`, body);
  else
    test(`${name} is there`, () => {
      throw new Error(`${name} cannot be brought up here: ${whyNot}; LOADCELL_CLUSTER_SKIP=${name} leaves it out`);
    });
}
