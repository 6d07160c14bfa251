import { processes } from '../support/process-tree.ts';

/** Ids of the agents of a run that live on this machine, whatever placed them; of one place, or of all. */
export function agentsOf(runId: string, index?: number): readonly number[] {
  const isOf = (command: string): boolean =>
    /agent\/main\.[jt]s /.test(command) &&
    command.includes(` --run ${runId} `) &&
    (index === undefined || command.includes(` --index ${index} `));
  return processes()
    .filter(({ command }) => isOf(command))
    .map(({ pid }) => pid);
}
