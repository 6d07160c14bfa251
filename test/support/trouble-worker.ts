// A pool worker whose target makes trouble. The scenario's name says which.
import { serveTrial, type WorkerTask } from '../../src/agent/runner/worker-task.ts';
import { Outcome } from '../../src/stats/outcome.ts';
import { RequestFailure, type Target } from '../../src/targets/target.ts';

const infer: Readonly<Record<string, (request: number) => Outcome | Promise<Outcome>>> = {
  aborts: (request) => (request < 20 ? Outcome.ok : abort()),
  'throws-a-bug': () => {
    throw new TypeError('undefined is not a function');
  },
  'rejects-with-many-codes': async (request) => {
    throw new RequestFailure('rejected', `${400 + request}`, 'x'.repeat(500));
  },
  'answers-late': async () => Outcome.ok,
  'answers-wrongly': () => Outcome.wrongOutput,
};

/** As a native library does: abort(3) raises SIGABRT, whatever thread it is on. */
function abort(): Outcome {
  process.kill(process.pid, 'SIGABRT');
  return Outcome.ok;
}

function troubleTarget(name: string): Target {
  let requests = 0;
  const answer = infer[name];
  if (answer === undefined) throw new Error(`no target makes trouble as ${name}`);
  return {
    name,
    open: async () => ({ start: { sessionMs: 1, firstInferenceMs: 2 } }),
    infer: () => answer(requests++),
    close: async () => {},
  };
}

export default (task: WorkerTask): Promise<void> => serveTrial(task, async () => troubleTarget(task.spec.scenario));
