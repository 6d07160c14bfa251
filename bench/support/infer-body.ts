import { joined } from '../../src/oip/http-message.ts';
import { encodeRequest } from '../../src/oip/http-request.ts';
import { HEADER_LENGTH_HEADER } from '../../src/oip/infer.ts';

/** One inference of float32 [1, features] over binary HTTP: path, headers and body. */
export function inferBody(features: number): {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
} {
  const bytes = new Uint8Array(new Float32Array(features).fill(0.5).buffer);
  const message = encodeRequest(
    { id: '', parameters: {}, inputs: [{ name: 'input', datatype: 'FP32', shape: [1, features], bytes }], outputs: [] },
    { inputs: 'binary', outputs: 'binary' },
  );
  return {
    path: '/v2/models/m/infer',
    headers: { [HEADER_LENGTH_HEADER]: String(message.headerLength), 'content-type': 'application/octet-stream' },
    body: Buffer.from(joined(message)),
  };
}
