import { parsePlaceList } from '../../src/wire/place-list.ts';
import { processes } from '../support/process-tree.ts';

/** What stands around a container has the agent's command among its own arguments. */
const CONTAINER_RUNTIME = 'container.sh ';

/** Ids of the agents of a run that live on this machine, whatever placed them; of one place, or of all. */
export function agentsOf(runId: string, index?: number): readonly number[] {
  const isOf = (command: string): boolean =>
    /agent\/main\.[jt]s /.test(command) &&
    !command.includes(CONTAINER_RUNTIME) &&
    command.includes(` --run ${runId} `) &&
    (index === undefined || placeOf(command) === index);
  return processes()
    .filter(({ command }) => isOf(command))
    .map(({ pid }) => pid);
}

/** As an engine told it: by its index, or by which of the places of its attempt it has. */
function placeOf(command: string): number | undefined {
  const [, index] = / --index (\d+) /.exec(command) ?? [];
  if (index !== undefined) return Number(index);
  const [, places = '', nth] = / --places (\S+) --nth (\d+) /.exec(command) ?? [];
  return parsePlaceList(places)?.[Number(nth)];
}
