/** Frames of HTTP/2 (RFC 9113, sections 4 and 6): a head of nine bytes, then the payload. */

export const FRAME_HEAD = 9;
/** Bytes of the longest payload, until a side allows more. */
export const FRAME_PAYLOAD = 16_384;
/** Where the identifier of the stream stands in the head. */
export const STREAM_AT = 5;

export const TYPE = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const FLAG = { endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 32 } as const;

export const SETTING = { tableBytes: 1, push: 2, mostStreams: 3, window: 4, framePayload: 5 } as const;

export const RESET = { none: 0, protocol: 1, refused: 7, cancel: 8 } as const;

/** Names of the reasons for which a stream or a connection is given up, by number (RFC 9113, section 7). */
const RESET_NAMES = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
] as const;

export const resetName = (code: number): string => RESET_NAMES[code] ?? `error ${code}`;

/** Bytes of a window of which nothing was said. */
export const DEFAULT_WINDOW = 65_535;
export const LARGEST_WINDOW = 2 ** 31 - 1;
export const LAST_STREAM = 2 ** 31 - 1;

/** Whether a frame has as many bytes as its type wants. */
export function isOfRightSize(type: number, payload: number): boolean {
  switch (type) {
    case TYPE.reset:
    case TYPE.windowUpdate:
      return payload === 4;
    case TYPE.ping:
      return payload === 8;
    case TYPE.goAway:
      return payload >= 8;
    case TYPE.settings:
      return payload % 6 === 0;
    default:
      return true;
  }
}

/** What a connection begins with. */
export const PREFACE: Buffer = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

/** The head of a frame, `payload` bytes long. */
export function frameHead(type: number, flags: number, stream: number, payload: number): Buffer {
  const head = Buffer.alloc(FRAME_HEAD);
  head.writeUIntBE(payload, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, STREAM_AT);
  return head;
}

const frame = (type: number, flags: number, stream: number, payload: Buffer): Buffer =>
  Buffer.concat([frameHead(type, flags, stream, payload.length), payload]);

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function settingsFrame(settings: readonly (readonly [id: number, value: number])[]): Buffer {
  const payload = Buffer.alloc(6 * settings.length);
  for (const [i, [id, value]] of settings.entries()) {
    payload.writeUInt16BE(id, 6 * i);
    payload.writeUInt32BE(value, 6 * i + 2);
  }
  return frame(TYPE.settings, 0, 0, payload);
}

export const SETTINGS_ACK: Buffer = frameHead(TYPE.settings, FLAG.ack, 0, 0);

export const windowUpdateFrame = (stream: number, bytes: number): Buffer =>
  frame(TYPE.windowUpdate, 0, stream, word(bytes));

export const resetFrame = (stream: number, code: number): Buffer => frame(TYPE.reset, 0, stream, word(code));

export const pingAckFrame = (payload: Buffer): Buffer => frame(TYPE.ping, FLAG.ack, 0, payload);
