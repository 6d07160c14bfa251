import { endsWhenDone, type Phase, type PhaseLoad } from '../scenarios/phase.ts';
import { isConstant, meanRate } from '../scenarios/profile.ts';
import { LOOKS } from '../stats/looks.ts';
import { type Ns, ns, toSeconds } from '../time/ns.ts';
import { halfWayNs } from './early-stop.ts';
import { endpointText } from './endpoint-text.ts';
import { openLines } from './open-text.ts';
import type { Cell, Plan } from './plan.ts';
import { drawRate } from './profile-drawing.ts';
import { formatDuration, formatRate } from './quantity.ts';
import type { CustomSpec, OnnxSpec, SessionSpec, SleepLaw, TargetSpec } from './target-spec.ts';

/** What `loadcell plan` prints: every cell with its phases, requests, length and objectives, and the length of all. */
export function planText(plan: Plan): string {
  const { campaign, cells, order, notes, files } = plan;
  const lines = [
    `${campaign.name}: ${counted(cells.length, 'cell')}, ${counted(order.length, 'trial')}, seed ${plan.seed}`,
    ...(campaign.description === null ? [] : [campaign.description]),
    ...plan.overrides.map((override) => `changed by ${override}`),
    '',
    ...cells.flatMap((cell) => [...cellLines(cell, plan), '']),
    totalLine(plan),
    ...files.map(({ path, sha256, bytes }) => `reads ${path} (${bytes} bytes, sha256 ${sha256})`),
    ...(notes.length === 0 ? [] : ['', 'Notes', ...notes.map((note) => `  ${note}`)]),
  ];
  return `${lines.join('\n')}\n`;
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

function cellLines(cell: Cell, plan: Plan): string[] {
  const [first] = cell.trials;
  return [
    cell.id,
    `  target      ${targetText(cell.spec)}`,
    `  fleet       ${counted(cell.agents, 'agent')} x ${counted(cell.workers, 'worker')}, ${cell.pacing}, ${cell.backlog === null ? 'never sheds' : `sheds above ${cell.backlog} waiting`}, timeout ${formatDuration(cell.timeoutNs)}`,
    ...(cell.open === undefined ? [] : openLines(cell.open, plan)),
    ...(cell.open?.kind === 'search' ? [] : loadLines(cell)),
    `  objectives  ${objectivesText(cell)}`,
    ...(first?.scheduleDigest == null
      ? []
      : [`  schedule    ${first.scheduleDigest}${cell.trials.length > 1 ? ' (trial 1)' : ''}`]),
  ];
}

const loadLines = (cell: Cell): string[] => [
  ...phaseLines(cell.phases),
  ...drawingLines(cell.phases),
  `  length      ${lengthText(cell)}`,
  ...looksLines(cell),
];

function targetText(spec: TargetSpec): string {
  switch (spec.kind) {
    case 'null':
      return 'null: answers at once';
    case 'sleep':
      return `sleep: ${sleepText(spec.law)}`;
    case 'custom':
      return customText(spec);
    case 'http':
    case 'grpc':
      return endpointText(spec);
    case 'k6':
      return `k6: ${spec.script.name}, ${counted(spec.vus, 'virtual user')}${spec.options === 'own' ? ', its own scenarios' : ''}`;
    case 'onnx': {
      const name = spec.model.kind === 'reference' ? spec.model.name : spec.model.path;
      const require = spec.require === null ? '' : ` (${spec.require} required)`;
      return `onnx: ${name} on ${spec.providers.join(', ')}${require}, ${counted(spec.threads, 'thread')}, batch ${spec.batch}${sessionText(spec.session)}${feedsText(spec)}`;
    }
  }
}

/** The files that a model is fed from and that its answers are held against, each after a comma. */
function feedsText({ inputs, expect }: Pick<OnnxSpec, 'inputs' | 'expect'>): string {
  const fed = inputs.kind === 'random' ? '' : `, fed from ${inputs.file.path}`;
  return expect === undefined ? fed : `${fed}, answers held against ${expect.source.file.path}`;
}

/** What is said of a session beyond the defaults, each after a comma. */
function sessionText({ graph, execution, interOpThreads, providerOptions, config, profile }: SessionSpec): string {
  const options = Object.entries(providerOptions).flatMap(([provider, said]) =>
    Object.entries(said).map(([key, value]) => `${provider}.${key} ${String(value)}`),
  );
  return [
    graph === 'all' ? '' : `graph ${graph}`,
    execution === 'parallel' ? `parallel on ${counted(interOpThreads, 'thread')}` : '',
    ...options,
    ...Object.entries(config).map(([key, value]) => `${key} ${value}`),
    profile === 'on' ? '' : 'not profiled',
  ]
    .filter((part) => part !== '')
    .map((part) => `, ${part}`)
    .join('');
}

function customText({ module, options, batch }: CustomSpec): string {
  const count = Object.keys(options).length;
  return `custom: the code of ${module.name}, ${count === 0 ? 'no options' : counted(count, 'option')}, batch ${batch}`;
}

function sleepText(law: SleepLaw): string {
  switch (law.kind) {
    case 'constant':
      return `${formatDuration(law.ns)} each`;
    case 'exponential':
      return `exponential, mean ${formatDuration(law.meanNs)}`;
    case 'lognormal':
      return `log-normal, median ${formatDuration(law.medianNs)}, P99 ${formatDuration(law.p99Ns)}`;
    case 'stall':
      return `${formatDuration(law.otherwiseNs)} each, stalls at ${formatDuration(law.atNs)} for ${formatDuration(law.forNs)}`;
  }
}

function phaseLines(phases: readonly Phase[]): string[] {
  const width = Math.max(...phases.map(({ name }) => name.length));
  return phases.map((phase, index) => {
    const label = index === 0 ? '  phases      ' : '              ';
    return `${label}${phase.name.padEnd(width)}  ${durationText(phase)}  ${loadText(phase)}`;
  });
}

const DRAWING_WIDTH = 48;

/** Warm-up included, from left to right in time. */
function drawingLines(phases: readonly Phase[]): string[] {
  const drawing = drawRate(phases, DRAWING_WIDTH);
  return drawing === null ? [] : [`  rate        ${drawing}`.trimEnd()];
}

const durationText = ({ durationNs }: Phase): string =>
  (durationNs === 0 ? 'until done' : formatDuration(durationNs)).padStart(10);

function loadText({ load, durationNs }: Phase): string {
  switch (load.kind) {
    case 'open': {
      const { profile, law, count } = load;
      const last = profile.at(-1) ?? profile[0];
      const mean = formatRate(Number(meanRate(profile).toPrecision(4)));
      const rate = isConstant(profile)
        ? rounded(profile[0].from)
        : `${rounded(profile[0].from)} to ${rounded(highest(profile))}${last.to < highest(profile) ? ` to ${rounded(last.to)}` : ''}, mean ${mean}`;
      return `${counted(count, 'request')}, ${law}, ${rate}`;
    }
    case 'closed':
      return closedText(load);
    case 'atOnce':
      return `${counted(load.count, 'request')} at once`;
    case 'trace':
      return traceText(load, durationNs);
  }
}

function closedText({ inFlight, infers = 1, atLeast, thinkNs }: Extract<PhaseLoad, { kind: 'closed' }>): string {
  return [
    `${inFlight} in flight`,
    ...(infers === 1 ? [] : [`each of ${infers} inferences`]),
    ...(atLeast === undefined ? [] : [`at least ${counted(atLeast, 'request')}`]),
    ...(thinkNs === 0 ? [] : [`${formatDuration(thinkNs)} between a completion and the next request`]),
  ].join(', ');
}

function traceText(load: Extract<PhaseLoad, { kind: 'trace' }>, durationNs: Ns): string {
  const mean = formatRate(Number((load.count / toSeconds(durationNs)).toPrecision(4)));
  const whose = load.target === null ? '' : ` of ${load.target}`;
  const scale = load.scale === 1 ? '' : `, ${load.scale} times as fast`;
  return `${counted(load.count, 'request')}${whose} from ${load.path}${scale}, up to ${load.highest} in a second, mean ${mean}`;
}

const rounded = (rate: number): string => formatRate(Number(rate.toPrecision(6)));

const highest = (profile: readonly { readonly from: number; readonly to: number }[]): number =>
  Math.max(...profile.flatMap(({ from, to }) => [from, to]));

function lengthText(cell: Cell): string {
  const [first] = cell.trials;
  const requests =
    first?.scheduled == null
      ? cell.open === undefined
        ? 'requests as the target allows'
        : 'requests as the peak allows'
      : counted(first.scheduled, 'request');
  const times = cell.trials.length === 1 ? '' : `, ${cell.trials.length} trials`;
  return `${openEnded(cell) ? 'at least ' : ''}${formatDuration(trialLength(cell))} with ${requests}${times}; then at most ${formatDuration(cell.drainNs)} for what is in flight`;
}

/** When a trial may end before its length, and what that costs. */
function looksLines({ stop, phases, trials: [first] }: Cell): string[] {
  if (stop !== 'early' || first?.beforeLook === undefined) return [];
  const measured = phases.filter(({ purpose }) => purpose === 'measure');
  const shares = LOOKS.map(({ errorShare }) => `${errorShare * 100} %`).join(' and ');
  return [
    `  looks       after ${formatDuration(halfWayNs(measured))} (${counted(first.beforeLook, 'request')}) and at the end, at ${shares} of the error; ends early once every objective is decided`,
  ];
}

function objectivesText(cell: Cell): string {
  const texts = cell.objectives.map(({ text }) => text).join(', ') || 'none: only validity is judged';
  const how = {
    together: '',
    level: ', each level apart',
    breakpoint: ', up to the level that breaks',
    peak: ', whose highest rate is searched; ok in time >= 99% of offered as well',
  }[cell.judgedBy];
  return `${texts}${how}${cell.judge ? '' : " (outside the run's verdict)"}`;
}

/** Warm-up and measure phases. */
const trialLength = (cell: Cell): Ns => ns(cell.phases.reduce((sum, { durationNs }) => sum + durationNs, 0));

const openEnded = (cell: Cell): boolean => cell.phases.some(endsWhenDone);

function totalLine({ cells, order }: Plan): string {
  const total = ns(order.reduce((sum, { cell }) => sum + lengthAt(cells, cell), 0));
  const drains = ns(order.reduce((sum, { cell }) => sum + (cells[cell]?.drainNs ?? 0), 0));
  const requests = order.reduce((sum, { cell, trial }) => sum + (cells[cell]?.trials[trial - 1]?.scheduled ?? 0), 0);
  const isClosed = ({ open, trials }: Cell): boolean =>
    open === undefined && trials.some(({ scheduled }) => scheduled === null);
  const unknown = cells.some(isClosed) ? ' and what the closed cells come to' : '';
  const searched = cells.some(({ open }) => open !== undefined) ? ' and what the search for the peak comes to' : '';
  const atMost = cells.some(({ open }) => open?.kind === 'search') ? 'at most ' : '';
  const open = cells.some(openEnded) ? 'at least ' : atMost;
  return `In all ${open}${formatDuration(total)} and at most ${formatDuration(drains)} of draining, ${counted(requests, 'request')}${unknown}${searched}; calibration and starting of agents come on top.`;
}

const lengthAt = (cells: readonly Cell[], index: number): number => {
  const cell = cells[index];
  return cell === undefined ? 0 : trialLength(cell);
};
