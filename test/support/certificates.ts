// Certificates of a test's own authority, made by openssl.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Certificates {
  readonly folder: string;
  /** Path of the authority's certificate. */
  readonly ca: string;
  /** Another authority, which has signed nothing. */
  readonly otherCa: string;
  /** Certificate and key, PEM, of a server on localhost, of one long expired, of one for another name. */
  readonly valid: Pair;
  readonly expired: Pair;
  readonly otherName: Pair;
  readonly client: Pair;
  readonly remove: () => void;
}

export interface Pair {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly certPath: string;
  readonly keyPath: string;
}

const LONG = '20991231235959Z';

export function certificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'loadcell-pki-'));
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const authority = (name: string): string => {
    openssl(
      'req',
      '-x509',
      ...key,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.pem`,
      '-subj',
      `/CN=${name}`,
      '-days',
      '2',
    );
    return join(folder, `${name}.pem`);
  };
  const [ca, otherCa] = [authority('ca'), authority('other')];
  writeFileSync(join(folder, 'index.txt'), '');
  writeFileSync(
    join(folder, 'ca.cnf'),
    '[ca]\ndefault_ca=own\n[own]\ndir=.\ndatabase=index.txt\nnew_certs_dir=.\nserial=serial\nrand_serial=yes\n' +
      'certificate=ca.pem\nprivate_key=ca.key\ndefault_md=sha256\npolicy=any\ncopy_extensions=copy\nunique_subject=no\n' +
      '[any]\ncommonName=supplied\n',
  );
  const pair = (name: string, names: string, from: string, until: string): Pair => {
    const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=${names}`];
    openssl('req', ...key, '-keyout', `${name}.key`, '-out', `${name}.csr`, ...subject);
    const dates = ['-startdate', from, '-enddate', until];
    openssl('ca', '-batch', '-config', 'ca.cnf', '-in', `${name}.csr`, '-out', `${name}.pem`, '-notext', ...dates);
    const [certPath, keyPath] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
    return { cert: readFileSync(certPath), key: readFileSync(keyPath), certPath, keyPath };
  };
  const here = 'DNS:localhost,IP:127.0.0.1';
  return {
    folder,
    ca,
    otherCa,
    valid: pair('valid', here, '20200101000000Z', LONG),
    expired: pair('expired', here, '20200101000000Z', '20210101000000Z'),
    otherName: pair('elsewhere', 'DNS:model.example', '20200101000000Z', LONG),
    client: pair('client', 'DNS:client', '20200101000000Z', LONG),
    remove: () => rmSync(folder, { recursive: true }),
  };
}
