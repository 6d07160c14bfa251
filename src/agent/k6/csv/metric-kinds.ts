import type { K6Part } from '../frames.ts';

type Kind = Pick<K6Part, 'type' | 'time'>;

const COUNTERS = [
  'iterations',
  'dropped_iterations',
  'http_reqs',
  'data_sent',
  'data_received',
  'ws_sessions',
  'ws_msgs_sent',
  'ws_msgs_received',
  'grpc_streams',
  'grpc_streams_msgs_sent',
  'grpc_streams_msgs_received',
  'browser_data_sent',
  'browser_data_received',
];
const RATES = ['checks', 'http_req_failed', 'browser_http_req_failed'];
const TIMES = [
  'iteration_duration',
  'group_duration',
  'http_req_duration',
  'http_req_blocked',
  'http_req_waiting',
  'http_req_sending',
  'http_req_receiving',
  'http_req_connecting',
  'http_req_tls_handshaking',
  'ws_session_duration',
  'ws_connecting',
  'ws_ping',
  'grpc_req_duration',
  'browser_http_req_duration',
  'browser_web_vital_fcp',
  'browser_web_vital_fid',
  'browser_web_vital_inp',
  'browser_web_vital_lcp',
  'browser_web_vital_ttfb',
];

const all = (names: readonly string[], kind: Kind): (readonly [string, Kind])[] => names.map((name) => [name, kind]);

/** k6's own metrics (k6 2.2, metrics/builtin.go). */
const KINDS: ReadonlyMap<string, Kind> = new Map([
  ...all(COUNTERS, { type: 'counter', time: false }),
  ...all(RATES, { type: 'rate', time: false }),
  ...all(TIMES, { type: 'trend', time: true }),
  ...all(['browser_web_vital_cls'], { type: 'trend', time: false }),
]);

const UNKNOWN: Kind = { type: 'unknown', time: false };

/** CSV does not tell what a metric is: k6's own are known by name, a script's own are not. */
export const kindOfMetric = (name: string): Kind => KINDS.get(name) ?? UNKNOWN;
