import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { type Certificates, certificates } from '../../support/certificates.ts';
import { eventually } from '../../support/eventually.ts';
import { freePorts } from '../../support/free-ports.ts';
import { Daemons } from '../daemons.ts';

/** Where `npm run setup:test-kubernetes` puts the control plane. */
const PROGRAMS = fileURLToPath(new URL('../../../.tools/kubernetes', import.meta.url));
/** What else a cluster of one machine is made of, and Debian's packages of it. */
const TOOLS = { etcd: 'etcd-server', openssl: 'openssl', unshare: 'util-linux', setpriv: 'util-linux' } as const;

/** A node without a sign of life for this long is not ready. */
const NODE_GRACE = '10s';
const READY_WITHIN_MS = 60_000;

/** What keeps a cluster from being brought up here, a sentence; null: nothing. */
export function whyNoKubernetes(): string | null {
  if (!existsSync(join(PROGRAMS, 'setup.json'))) return 'its control plane is not built; npm run setup:test-kubernetes';
  for (const [tool, debian] of Object.entries(TOOLS))
    if (!isThere(tool)) return `${tool} not found; apt-get install ${debian}`;
  if (userInfo().uid !== 0) return 'pods are processes in namespaces of their own, which root makes; run it as root';
  return null;
}

function isThere(tool: string): boolean {
  try {
    execFileSync('/bin/sh', ['-c', `command -v ${tool}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Kubernetes' own API server, controller manager and scheduler over etcd, on loopback. It has no nodes of itself. */
export class ControlPlane {
  readonly folder: string;
  readonly server: string;
  /** For whoever serves in the cluster. */
  readonly pki: Certificates;
  /** Of somebody who may do everything. */
  readonly admin: string;
  readonly #daemons: Daemons;
  readonly #ports: readonly [api: number, etcd: number, peers: number];
  readonly #adminToken = randomBytes(16).toString('hex');

  private constructor(folder: string, ports: readonly [number, number, number]) {
    this.folder = folder;
    this.server = `https://127.0.0.1:${ports[0]}`;
    this.#ports = ports;
    this.pki = certificates();
    this.#daemons = new Daemons(join(folder, 'log'), process.env);
    this.admin = this.#path('admin.kubeconfig');
  }

  /** Brings one up and resolves once it gives pods an identity, without which it creates none. */
  static async start(): Promise<ControlPlane> {
    const [api = 0, etcd = 0, peers = 0] = await freePorts(3);
    const plane = new ControlPlane(mkdtempSync(join(tmpdir(), 'loadcell-kubernetes-')), [api, etcd, peers]);
    try {
      await plane.#bringUp();
      return plane;
    } catch (error) {
      const logs = plane.logs();
      await plane.stop();
      throw new Error(`${error instanceof Error ? error.message : error}\n${logs}`);
    }
  }

  /** A kubeconfig of whoever has this token. */
  kubeconfig(token: string, namespace = 'default'): string {
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'test', cluster: { server: this.server, 'certificate-authority': this.pki.ca } }],
      users: [{ name: 'test', user: { token } }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test', namespace } }],
      'current-context': 'test',
    });
  }

  /** Asks the API server as somebody who may do everything: GET, or POST where there is a body. */
  ask(path: string, body?: unknown): Promise<{ readonly status: number; readonly text: string }> {
    const headers = { authorization: `Bearer ${this.#adminToken}`, 'content-type': 'application/json' };
    const options = { ca: readFileSync(this.pki.ca), headers, method: body === undefined ? 'GET' : 'POST' };
    return new Promise((resolve, reject) => {
      const asked = request(`${this.server}${path}`, options, async (response) => {
        resolve({ status: response.statusCode ?? 0, text: await text(response).catch(() => '') });
      });
      asked.on('error', reject);
      asked.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** Stops the API server without ending it, as a machine without an answer. */
  freeze(): void {
    this.#daemons.signal('kube-apiserver', 'SIGSTOP');
  }

  thaw(): void {
    this.#daemons.signal('kube-apiserver', 'SIGCONT');
  }

  logs(): string {
    return this.#daemons.logs();
  }

  async stop(): Promise<void> {
    if (this.#daemons.isRunning('kube-apiserver')) this.thaw();
    await this.#daemons.stop();
    this.pki.remove();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #bringUp(): Promise<void> {
    this.#writeFiles();
    this.#startEtcd();
    this.#startApiServer();
    await eventually('the API server', () => this.#answers('/readyz'), READY_WITHIN_MS);
    const asAdmin = ['kubeconfig', 'authentication-kubeconfig', 'authorization-kubeconfig'];
    const common = [...asAdmin.map((flag) => `--${flag}=${this.admin}`), '--leader-elect=false', '--secure-port=0'];
    this.#startProgram('kube-controller-manager', [
      ...common,
      `--service-account-private-key-file=${this.#path('accounts.key')}`,
      `--root-ca-file=${this.pki.ca}`,
      `--node-monitor-grace-period=${NODE_GRACE}`,
      '--node-monitor-period=1s',
    ]);
    this.#startProgram('kube-scheduler', common);
    const account = '/api/v1/namespaces/default/serviceaccounts/default';
    await eventually('the default service account', () => this.#answers(account), READY_WITHIN_MS);
  }

  #writeFiles(): void {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    const secret = { mode: 0o600 };
    writeFileSync(this.#path('accounts.key'), privateKey, secret);
    writeFileSync(this.#path('accounts.pub'), publicKey);
    writeFileSync(this.#path('tokens.csv'), `${this.#adminToken},admin,admin,"system:masters"\n`, secret);
    writeFileSync(this.admin, this.kubeconfig(this.#adminToken), secret);
    mkdirSync(this.#path('etcd'), { mode: 0o700 });
  }

  #startEtcd(): void {
    const [, port, peers] = this.#ports;
    const [here, there] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${peers}`];
    this.#daemons.start('etcd', 'etcd', [
      '--name=test',
      `--data-dir=${this.#path('etcd')}`,
      `--listen-client-urls=${here}`,
      `--advertise-client-urls=${here}`,
      `--listen-peer-urls=${there}`,
      `--initial-advertise-peer-urls=${there}`,
      `--initial-cluster=test=${there}`,
    ]);
  }

  #startApiServer(): void {
    const [port, etcd] = this.#ports;
    const { valid, ca } = this.pki;
    this.#startProgram('kube-apiserver', [
      `--etcd-servers=http://127.0.0.1:${etcd}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${port}`,
      '--advertise-address=127.0.0.1',
      '--endpoint-reconciler-type=none',
      `--tls-cert-file=${valid.certPath}`,
      `--tls-private-key-file=${valid.keyPath}`,
      `--client-ca-file=${ca}`,
      // Asks nodes for the logs of their pods.
      `--kubelet-certificate-authority=${ca}`,
      '--kubelet-preferred-address-types=InternalIP',
      `--token-auth-file=${this.#path('tokens.csv')}`,
      '--authorization-mode=RBAC',
      '--service-cluster-ip-range=10.0.0.0/24',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${this.#path('accounts.pub')}`,
      `--service-account-signing-key-file=${this.#path('accounts.key')}`,
    ]);
  }

  #startProgram(name: string, args: readonly string[]): void {
    this.#daemons.start(name, join(PROGRAMS, name), args);
  }

  #path(name: string): string {
    return join(this.folder, name);
  }

  async #answers(path: string): Promise<boolean> {
    return (await this.ask(path).catch(() => null))?.status === 200;
  }
}
