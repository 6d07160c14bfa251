import { expect, test } from 'vitest';
import { buildPlan } from '../../../src/campaign/plan-build.ts';
import { planText } from '../../../src/campaign/plan-text.ts';
import { deadlinesFor, fleetPlan } from '../../../src/coordinator/fleet-plan.ts';
import { campaignOf, planContext, planOf } from '../../support/campaigns.ts';

const text = (scenario: string, target = '', more = ''): string => `name: n
targets: { t: { k6: { script: my.ts${target} } } }
scenarios: { s: { ${scenario} } }
warmup: 0s
${more}`;

const problemsOf = (scenario: string): readonly string[] => {
  const campaign = campaignOf(text(scenario));
  const planned = buildPlan(campaign, planContext(campaign));
  return planned.ok ? [] : planned.mistakes.map(({ path, message }) => `${path}: ${message}`);
};

test('a k6 target meets the scenario uniform, and a note says what is not in its figures', () => {
  const plan = planOf(text('load: { rate: 100/s, for: 9s }', ', vus: 7, env: { A: b, K: { secret: { env: TOKEN } } }'));
  expect(plan.cells[0]?.phases[0]?.load).toMatchObject({ kind: 'open', law: 'uniform', count: 900 });
  expect(plan.cells[0]?.spec).toMatchObject({
    kind: 'k6',
    vus: 7,
    options: 'scenario',
    executors: 'open',
    env: { A: 'b', K: { secret: { kind: 'env', name: 'TOKEN' } } },
  });
  expect(plan.notes.join('\n')).toContain('target t meets uniform arrivals, for k6 knows no other');
  expect(planText(plan)).toContain('k6: my.ts, 7 virtual users');
});

test('loops have as many virtual users as they are to have in flight, whatever workers there are', () => {
  const plan = planOf(text('closed: { inFlight: 8, for: 9s }'));
  expect(plan.cells[0]?.spec).toMatchObject({ vus: 8 });
  expect(plan.notes.join('\n')).not.toContain('in flight');
});

test("a guard holds a script's own rates too", () => {
  const problems = (guard: string): readonly string[] => {
    const campaign = campaignOf(
      `name: n\nguard: { rate: ${guard} }\ntargets: { t: { k6: { script: my.ts, options: own } } }\n`,
    );
    const planned = buildPlan(campaign, planContext(campaign));
    return planned.ok ? [] : planned.mistakes.map(({ message }) => message);
  };
  expect(problems('19/s')).toEqual(['found up to 20/s, expected at most guard.rate, 19/s (--allow-rate lifts it)']);
  expect(problems('20/s')).toEqual([]);
});

test('virtual users that nobody wrote are those of a second at the highest rate, within reason', () => {
  const vus = (rate: string): unknown => {
    const spec = planOf(text(`load: { rate: ${rate}, for: 9s }`)).cells[0]?.spec;
    return spec?.kind === 'k6' ? spec.vus : null;
  };
  expect(['1/s', '120/s', '9000/s'].map(vus)).toEqual([10, 120, 500]);
});

test('a built-in target beside it keeps the law of the scenario', () => {
  const plan = planOf(`name: n
targets: { t: { k6: { script: my.ts } }, other: { null: {} } }
scenarios: { s: { load: { rate: 100/s, for: 9s } } }
`);
  const [byK6, builtIn] = plan.cells;
  const laws = [byK6, builtIn].map((cell) => cell?.phases.map(({ load }) => (load.kind === 'open' ? load.law : null)));
  expect(laws).toEqual([
    ['uniform', 'uniform'],
    ['poisson', 'poisson'],
  ]);
  expect(byK6?.trials[0]?.scheduleDigest).not.toBe(builtIn?.trials[0]?.scheduleDigest);
});

test('variables by which k6 takes what the plan decides are refused, and others are not', () => {
  const problems = (env: string, options = ''): readonly string[] => {
    const scenarios = options === '' ? 'scenarios: { s: { load: { rate: 100/s, for: 9s } } }' : '';
    const campaign = campaignOf(
      `name: n\ntargets: { t: { k6: { script: my.ts, env: ${env}${options} } } }\n${scenarios}\n`,
    );
    const planned = buildPlan(campaign, planContext(campaign));
    return planned.ok ? [] : planned.mistakes.map(({ message }) => message);
  };
  expect(problems('{ K6_DURATION: 2s }')).toEqual([
    'found K6_DURATION in env, by which k6 takes an option that the plan decides; expected it left out',
  ]);
  expect(problems('{ K6_LOG_OUTPUT: none }')[0]).toContain('found K6_LOG_OUTPUT in env');
  expect(problems('{ K6_INSECURE_SKIP_TLS_VERIFY: "true", URL: "http://x" }')).toEqual([]);
});

test('what k6 cannot send is refused where it is written', () => {
  expect(problemsOf('offline: { samples: 10 }')).toEqual([
    'scenarios.s.offline: found offline, which k6 cannot send; expected an open schedule, closed or singleStream',
  ]);
  expect(problemsOf('closed: { inFlight: 2, for: 9s, think: 1s }')[0]).toContain('found a think time');
  expect(problemsOf('closed: { inFlight: 2, for: 9s }')).toEqual([]);
});

test('objectives on what k6 does not tell are left out, with the reason', () => {
  const plan = planOf(
    text(
      'closed: { inFlight: 2, for: 9s }',
      '',
      'objectives: [response.p95 < 1s, wait.p95 < 1s, service.p95 < 1s, errors < 5%]',
    ),
  );
  expect(plan.cells[0]?.objectives.map(({ text: objective }) => objective)).toEqual([
    'service.p95 < 1s',
    'errors < 5%',
  ]);
  expect(plan.notes.join('\n')).toMatch(/response\.p95 < 1s is left out: k6 tells no response time/);
  expect(plan.notes.join('\n')).toMatch(/wait\.p95 < 1s is left out: k6 records no intended start/);
});

test("a script's own scenarios are one cell, own, judged by what somebody wrote for it", () => {
  const plan = planOf('name: n\ntargets: { t: { k6: { script: my.ts, options: own } } }\n');
  expect(plan.cells.map(({ id }) => id)).toEqual(['t/own']);
  expect(plan.cells[0]).toMatchObject({
    spec: { options: 'own', vus: 8, executors: 'closed' },
    phases: [{ name: 'own', purpose: 'measure', durationNs: 5e9, load: { kind: 'closed', inFlight: 8 } }],
  });
  expect(plan.cells[0]?.objectives.map(({ text: objective }) => objective)).toEqual(['errors < 5%']);
});

test('k6 is given the time that its teardown may take after the load', () => {
  const orderOf = (target: string) => {
    const plan = planOf(
      `name: n\ntargets: { t: { k6: { ${target} } } }\nscenarios: { s: { load: { rate: 100/s, for: 2s } } }\n`,
    );
    return fleetPlan(plan, deadlinesFor('loopback')).trials[0]?.partingNs;
  };
  expect(orderOf('script: my.ts')).toBe(0);
  expect(orderOf('script: tears-down.ts')).toBe(60e9);
  expect(orderOf('script: my.ts, options: own')).toBe(0);
  expect(orderOf('script: tears-down.ts, options: own')).toBe(60e9);
});

test('only a k6 script has parts', () => {
  const plan = planOf(
    'name: n\ntargets: { t: { null: {} } }\nscenarios: { s: { load: { rate: 100/s, for: 9s } } }\nobjectives: ["response{name:a}.p95 < 1s", errors < 5%]\n',
  );
  expect(plan.cells[0]?.objectives).toHaveLength(1);
  expect(plan.notes.join('\n')).toContain('response{name:a}.p95 < 1s is left out: only a k6 script has parts');
});
