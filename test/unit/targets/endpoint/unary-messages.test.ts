import { expect, test } from 'vitest';
import { framed } from '../../../../src/targets/endpoint/grpc-frame.ts';
import { UnaryMessages } from '../../../../src/targets/endpoint/unary-messages.ts';

const message = Buffer.from(framed(Buffer.alloc(300, 7)));

test('a message is whole however its bytes are cut', () => {
  const messages = new UnaryMessages(2);
  for (let cut = 0; cut <= message.length; cut++) {
    messages.begin(1);
    messages.add(1, message, 0, cut);
    messages.add(1, message, cut, message.length);
    expect(messages.failure(1)).toBeNull();
  }
});

test('no message, a part of one, and more than one are told apart from one', () => {
  const messages = new UnaryMessages(1);
  const code = (bytes: Buffer): string | undefined => {
    messages.begin(0);
    messages.add(0, bytes, 0, bytes.length);
    return messages.failure(0)?.code;
  };
  expect(code(Buffer.alloc(0))).toBe('no-message');
  expect(code(message.subarray(0, 4))).toBe('protocol');
  expect(code(message.subarray(0, -1))).toBe('protocol');
  expect(code(Buffer.concat([message, message]))).toBe('protocol');
  expect(code(message)).toBeUndefined();
});
