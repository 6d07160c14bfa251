import { execFileSync } from 'node:child_process';

/** Addresses at both ends of the cable; nobody but the two hosts can see them. */
const ADDRESSES = { here: '10.213.0.1', there: '10.213.0.2' } as const;

export type Host = keyof typeof ADDRESSES;

const run = (command: string, ...args: readonly string[]): void => {
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
};

/**
 * Two hosts of one machine: network namespaces with nothing but a cable between them, which can lose packets and be
 * pulled. Needs root, iproute2 and nftables; a kernel without `netem` will do.
 */
export class TwoHosts {
  readonly #name = `loadcell-${process.pid}`;

  constructor() {
    for (const host of ['here', 'there'] as const) run('ip', 'netns', 'add', this.#namespace(host));
    const [here, there] = [this.#namespace('here'), this.#namespace('there')];
    run('ip', '-n', here, 'link', 'add', 'cable', 'type', 'veth', 'peer', 'name', 'cable', 'netns', there);
    for (const host of ['here', 'there'] as const) {
      const namespace = this.#namespace(host);
      run('ip', '-n', namespace, 'address', 'add', `${ADDRESSES[host]}/30`, 'dev', 'cable');
      for (const device of ['lo', 'cable']) run('ip', '-n', namespace, 'link', 'set', device, 'up');
    }
  }

  addressOf(host: Host): string {
    return ADDRESSES[host];
  }

  /** What runs a command on a host: to be put before it. The command keeps the process id of what is started. */
  on(host: Host): readonly string[] {
    return ['ip', 'netns', 'exec', this.#namespace(host)];
  }

  /** From now on one packet in twenty is lost, whichever way it goes. */
  losePackets(): void {
    for (const host of ['here', 'there'] as const) {
      const [command = '', ...within] = this.on(host);
      run(command, ...within, 'nft', 'add table inet loss');
      run(command, ...within, 'nft', 'add chain inet loss arriving { type filter hook input priority 0; }');
      run(command, ...within, 'nft', 'add rule inet loss arriving iifname "cable" numgen random mod 20 0 counter drop');
    }
  }

  /** Packets that were lost on the way to a host. */
  lostAt(host: Host): number {
    const [command = '', ...within] = this.on(host);
    const listed = execFileSync(command, [...within, 'nft', 'list', 'table', 'inet', 'loss'], { encoding: 'utf8' });
    return Number(/counter packets (\d+)/.exec(listed)?.[1] ?? 0);
  }

  pullCable(): void {
    run('ip', '-n', this.#namespace('there'), 'link', 'set', 'cable', 'down');
  }

  plugCable(): void {
    run('ip', '-n', this.#namespace('there'), 'link', 'set', 'cable', 'up');
  }

  remove(): void {
    for (const host of ['here', 'there'] as const) run('ip', 'netns', 'delete', this.#namespace(host));
  }

  #namespace(host: Host): string {
    return `${this.#name}-${host}`;
  }
}
