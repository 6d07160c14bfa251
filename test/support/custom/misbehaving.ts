// A custom target that does what its options say, from its `from`th request on (the first one, of opening, is number 0).
import { setTimeout as sleep } from 'node:timers/promises';
import type { MakeTarget } from '../../../src/targets/custom-contract.ts';

interface Options {
  readonly does: string;
  readonly from?: number;
}

const target: MakeTarget<Options> = ({ does, from = 0 }, { Outcome, RequestFailure }) => {
  const deeds: Readonly<Record<string, () => unknown>> = {
    'answers undefined': () => undefined,
    'answers NaN': () => Number.NaN,
    'answers a text': () => 'ok',
    'answers shed': () => Outcome.shed,
    'resolves to nothing': async () => {},
    'answers wrongly': async () => Outcome.wrongOutput,
    throws: () => {
      throw new TypeError('undefined is not a function');
    },
    'rejects with a failure': async () => {
      throw new RequestFailure('rejected', '429', 'too many requests');
    },
    'rejects with another copy of a failure': async () => {
      throw Object.assign(new Error('overfull'), { outcome: 'rejected', code: '503' });
    },
    'never settles': () => new Promise(() => {}),
    'blocks for ever': () => {
      for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
    },
    exits: () => process.exit(3),
    'kills its process': () => process.kill(process.pid, 'SIGABRT'),
    'throws later': () => {
      setTimeout(() => {
        throw new Error('outside of every request');
      }, 0);
      return sleep(1000, Outcome.ok);
    },
  };
  let requests = 0;
  const deed = deeds[does];
  const act = (): never => (deed === undefined ? Outcome.ok : deed()) as never;
  if (does === 'throws when made') throw new Error('no such vocabulary');
  if (does === 'makes nothing') return {} as never;
  return {
    open: async () => {
      if (does === 'throws when opened') throw new Error('no such file');
    },
    infer: () => (requests++ < from ? Outcome.ok : act()),
    close: async () => {},
  };
};

export default target;
