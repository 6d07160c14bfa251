import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TlsSpec } from '../../campaign/endpoint-spec.ts';
import type { NetworkSpec } from '../../campaign/target-spec.ts';
import { systemWallClock } from '../../time/monotonic.ts';
import { milliseconds, type Ns, ns, seconds } from '../../time/ns.ts';
import type { CalibrationSpec, Driver, DriverSize } from '../../wire/calibration.ts';
import { startResponder } from './canned-responder.ts';
import { loopbackCertificate } from './loopback-certificate.ts';
import type { ProbeLoad, ProbeSubject } from './probe.ts';

/** The known stall of a calibration, from the start of its load. */
export const STALL = { kind: 'stall', atNs: seconds(0.3), forNs: seconds(0.6), otherwiseNs: milliseconds(0) } as const;

/** The load that meets it. */
export const STALL_LOAD: ProbeLoad = { rate: 200, forS: 1.5 };

/** What the harness is calibrated against: it answers at once, stalls once, or takes a known time. */
export interface Subject {
  readonly prompt: ProbeSubject;
  readonly stalling: ProbeSubject;
  readonly serving: ProbeSubject & { readonly serviceNs: Ns; readonly load: ProbeLoad };
  close(): void;
}

export const subjectOf = ({ driver, size }: CalibrationSpec): Promise<Subject> =>
  driver === 'in-process' || size === null ? Promise.resolve(inProcess()) : behindSockets(driver, size);

const silent = (): void => {};

function inProcess(): Subject {
  const serviceNs = milliseconds(2);
  return {
    prompt: { target: { kind: 'null' }, armed: silent },
    stalling: { target: { kind: 'sleep', law: STALL }, armed: silent },
    serving: {
      target: { kind: 'sleep', law: { kind: 'constant', ns: serviceNs } },
      armed: silent,
      serviceNs,
      load: { rate: 100, forS: 0.5 },
    },
    close: silent,
  };
}

/** A canned responder on this node. The way through the sockets is within the tolerance of its longer service time. */
async function behindSockets(driver: Driver, size: DriverSize): Promise<Subject> {
  const identity = size.security === 'tls' ? new OwnIdentity() : null;
  const responder = await startResponder(driver, size.bodyBytes, identity?.certificate ?? null);
  const target = targetAt(responder.port, driver, size, identity?.trusted ?? null);
  const serviceNs = milliseconds(20);
  return {
    prompt: { target, armed: () => responder.behave({ serviceNs: ns(0), stall: null }) },
    stalling: {
      target,
      armed: (zero) => {
        const fromNs = Number(zero) + STALL.atNs;
        responder.behave({ serviceNs: ns(0), stall: { fromNs, untilNs: fromNs + STALL.forNs } });
      },
    },
    serving: {
      target,
      armed: () => responder.behave({ serviceNs, stall: null }),
      serviceNs,
      load: { rate: 20, forS: 1.5 },
    },
    close: () => {
      responder.close();
      identity?.forget();
    },
  };
}

/** What the responder shows on a secured connection, and the client is told to trust: gone with the calibration. */
class OwnIdentity {
  readonly certificate = loopbackCertificate(systemWallClock.nowMs());
  readonly #folder = mkdtempSync(join(tmpdir(), 'loadcell-calibration-'));

  constructor() {
    writeFileSync(this.#path, this.certificate.certificate);
  }

  get #path(): string {
    return join(this.#folder, 'certificate.pem');
  }

  get trusted(): TlsSpec {
    return { ca: this.#path, certificate: null, key: null, serverName: null };
  }

  forget(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function targetAt(
  port: number,
  driver: Driver,
  { connections, streams, bodyBytes }: DriverSize,
  tls: TlsSpec | null,
): NetworkSpec {
  const shared = { connections, streams, tls, readyWithinNs: null, headers: {} };
  const body = bodyBytes === 0 ? null : 'x'.repeat(bodyBytes);
  const version = driver === 'http/1.1' ? '1.1' : '2';
  return {
    kind: 'http',
    url: `${tls === null ? 'http' : 'https'}://127.0.0.1:${port}/`,
    version,
    reuse: 'always',
    compress: null,
    audit: null,
    ...shared,
    call: {
      kind: 'plain',
      method: body === null ? 'GET' : 'POST',
      body,
      data: null,
      stream: null,
      expect: { status: [200], contains: null, json: null },
      batch: 1,
    },
  };
}
