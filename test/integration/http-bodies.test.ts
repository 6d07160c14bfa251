import { expect, onTestFinished, test } from 'vitest';
import { Outcome } from '../../src/stats/outcome.ts';
import { seconds } from '../../src/time/ns.ts';
import { cannedHttp } from '../support/canned-http.ts';
import { plainHttp } from '../support/endpoint-spec.ts';
import { serve } from '../support/served-trial.ts';
import { openLoad, phase, trialSpec } from '../support/trial-spec.ts';

test('the body of an answer with a wrong status is not read as the beginning of the next one', async () => {
  let count = 0;
  const server = await cannedHttp((request, response) => {
    request.resume();
    response.statusCode = count++ % 2 === 0 ? 200 : 404;
    response.end('{"ok":true}');
  });
  onTestFinished(() => server.close());
  const expected = { status: [200], contains: null, json: { path: 'ok', equals: true } };
  const target = plainHttp(server.url, { connections: 1 }, { expect: expected });
  const phases = [phase('load', 0, 1, openLoad(40, 1))];
  const served = await serve(trialSpec({ phases, target, timeoutNs: seconds(60), drainNs: seconds(60) }));
  const outcomes = served.phases[0]?.tally.outcomes ?? [];
  expect([outcomes[Outcome.ok], outcomes[Outcome.wrongOutput]]).toEqual([20, 20]);
}, 90_000);
