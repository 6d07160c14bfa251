/** Where a coordinator listens, and by which address it is found. */
import { quoted, type Reading, read, refuse } from './quantity.ts';

export interface Address {
  /** An IPv6 address without its brackets. */
  readonly host: string;
  readonly port: number;
}

/** An address by which others find it; port null: the one it listens on. */
export interface Advertised {
  readonly host: string;
  readonly port: number | null;
}

/** As it stands in addresses: an IPv6 address in brackets. */
export const authority = (host: string, port: number): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

const withoutBrackets = (host: string): string => host.replace(/^\[|\]$/g, '');

/** `127.0.0.1:7070`, `[::1]:0`. */
export function parseAddress(found: unknown): Reading<Address> {
  const [, host, port] = /^(\[[^\]]+\]|[^:\s]+):(\d{1,5})$/.exec(typeof found === 'string' ? found : '') ?? [];
  return host === undefined || port === undefined || Number(port) > 65535
    ? refuse(
        `found ${typeof found === 'string' ? found : quoted(found)}, expected host:port, for example 127.0.0.1:7070 (port 0 draws a free one)`,
      )
    : read({ host: withoutBrackets(host), port: Number(port) });
}

/** A host, with or without a port. */
export function parseAdvertised(found: unknown): Reading<Advertised> {
  const isBare = typeof found === 'string' && (/^[\w.-]+$/.test(found) || /^\[[^\]]+\]$/.test(found));
  return isBare ? read({ host: withoutBrackets(found), port: null }) : parseAddress(found);
}
