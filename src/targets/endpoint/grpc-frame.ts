import { EndpointRefused } from './connection-fault.ts';

/** Bytes before each message: whether it is compressed, and its length. */
export const PREFIX = 5;

/** A message as gRPC frames it: not compressed, its length, itself. */
export function framed(message: Uint8Array): Uint8Array {
  const whole = new Uint8Array(PREFIX + message.byteLength);
  new DataView(whole.buffer).setUint32(1, message.byteLength);
  whole.set(message, PREFIX);
  return whole;
}

/** The one message of a body. @throws EndpointRefused for anything else. */
export function unframed(body: Buffer, where: string): Uint8Array {
  const length = body.byteLength < PREFIX ? -1 : body.readUInt32BE(1);
  if (body[0] === 0 && length === body.byteLength - PREFIX) return body.subarray(PREFIX);
  throw new EndpointRefused(`${where}: found ${body.byteLength} bytes, expected one message that is not compressed`);
}
