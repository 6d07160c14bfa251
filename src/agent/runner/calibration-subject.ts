import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConnectionSpec, TlsSpec } from '../../campaign/endpoint-spec.ts';
import type { NetworkSpec } from '../../campaign/target-spec.ts';
import { systemWallClock } from '../../time/monotonic.ts';
import { milliseconds, type Ns, ns, seconds } from '../../time/ns.ts';
import type { CalibrationSpec, Driver, DriverSize } from '../../wire/calibration.ts';
import type { Credential } from '../../wire/x509.ts';
import { CANNED_METHOD, CANNED_PROTO, cannedFields } from './canned-method.ts';
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
  if (driver === 'in-process' || driver === 'k6') throw new Error(`${driver} has no sockets of its own`);
  const files = new OwnFiles();
  const certificate = size.security === 'tls' ? await loopbackCertificate(systemWallClock.nowMs()) : null;
  const responder = await startResponder(driver, size.bodyBytes, certificate);
  const tls = certificate === null ? null : files.trusting(certificate);
  const shared = { ...connectionsOf(size), tls };
  const target =
    driver === 'grpc' ? grpcAt(responder.port, size, shared, files) : httpAt(responder.port, driver, size, shared);
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
      files.forget();
    },
  };
}

/** What the client reads from files, gone with the calibration. */
class OwnFiles {
  readonly #folder = mkdtempSync(join(tmpdir(), 'loadcell-calibration-'));

  /** What the responder shows on a secured connection is what the client is told to trust. */
  trusting({ certificate }: Credential): TlsSpec {
    return { ca: this.keep('certificate.pem', certificate), certificate: null, key: null, serverName: null };
  }

  /** Where it lies from now on. */
  keep(name: string, content: string): string {
    const path = join(this.#folder, name);
    writeFileSync(path, content);
    return path;
  }

  forget(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

type Shared = Omit<ConnectionSpec, 'via' | 'served' | 'dialAt'>;

const connectionsOf = ({ connections, streams }: DriverSize): Omit<Shared, 'tls'> => ({
  connections,
  streams,
  readyWithinNs: null,
  audit: null,
  headers: {},
});

function httpAt(port: number, driver: 'http/1.1' | 'http/2', { bodyBytes }: DriverSize, shared: Shared): NetworkSpec {
  const body = bodyBytes === 0 ? null : 'x'.repeat(bodyBytes);
  return {
    kind: 'http',
    url: `${shared.tls === null ? 'http' : 'https'}://127.0.0.1:${port}/`,
    version: driver === 'http/1.1' ? '1.1' : '2',
    reuse: 'always',
    compress: null,
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

function grpcAt(port: number, { bodyBytes }: DriverSize, shared: Shared, files: OwnFiles): NetworkSpec {
  const path = files.keep('canned.proto', CANNED_PROTO);
  return {
    kind: 'grpc',
    address: `127.0.0.1:${port}`,
    service: null,
    deadlineNs: null,
    ...shared,
    call: {
      kind: 'method',
      proto: { path, sha256: '', bytes: CANNED_PROTO.length, cache: '' },
      method: CANNED_METHOD,
      message: cannedFields(bodyBytes),
      batch: 1,
    },
  };
}
