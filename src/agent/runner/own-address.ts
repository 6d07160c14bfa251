import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { isLoopback } from '../../wire/loopback.ts';

/**
 * The address of this node by which it reaches another, `host:port`, and so by which that one's neighbours reach it. Nothing is
 * sent: the kernel is asked for its route. Rejects with the resolver's or the kernel's own error.
 */
export async function ownAddressTowards(other: string): Promise<string> {
  const [, host = '', port = ''] = /^(.+):(\d+)$/u.exec(other) ?? [];
  const bare = host.replace(/^\[|\]$/gu, '');
  if (isLoopback(bare)) return isIPv6(bare) ? '::1' : '127.0.0.1';
  const socket = createSocket(isIPv6(bare) ? 'udp6' : 'udp4');
  try {
    const connected = once(socket, 'connect');
    socket.connect(Number(port), bare);
    await connected;
    return socket.address().address;
  } finally {
    socket.close();
  }
}
