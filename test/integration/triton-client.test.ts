import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { served } from '../support/endpoint.ts';
import { everyTypeModel, SERVED_TYPES } from '../support/served-models.ts';
import { TRITON_PYTHON, testWith } from '../support/tools.ts';

const script = fileURLToPath(new URL('../support/triton-client.py', import.meta.url));

testWith(
  "Triton's Python client",
  "Triton's own client gets every type back over HTTP and gRPC, unmodified",
  async () => {
    const { endpoint } = await served(everyTypeModel(), { batching: null });
    const at = [endpoint.http, endpoint.grpc].map((edge) => `127.0.0.1:${edge?.port}`);
    const { stdout } = await promisify(execFile)(TRITON_PYTHON, [script, ...at]);
    const { http, grpc } = JSON.parse(stdout);
    const missing = expect.stringContaining('expected also bool_in (BOOL)');
    const unknown = 'model: found "q", but this endpoint serves m';
    expect(http).toEqual({
      live: [true, true, true],
      metadata: ['loadcell', SERVED_TYPES.length],
      config: 'm',
      index: 'm',
      'True/True': [],
      'True/False': [],
      'False/True': [],
      'False/False': [],
      gzip: [],
      deflate: [],
      async: Array(8).fill([]),
      refused: ['400', missing],
      unknown: ['404', unknown],
      statistics: 14,
    });
    expect(grpc).toEqual({
      live: [true, true, true],
      metadata: ['loadcell', SERVED_TYPES.length],
      config: 'm',
      index: 'm',
      infer: [],
      id: 'q',
      gzip: [],
      'one output': ['int64_out'],
      refused: ['StatusCode.INVALID_ARGUMENT', missing],
      unknown: ['StatusCode.NOT_FOUND', unknown],
      statistics: 17,
    });
  },
);
