/** What an end of k6 means for a trial (k6 2.2, errext/exitcodes). */
export type K6End =
  | { readonly kind: 'done' }
  /** The script said that the test failed (`exec.test.fail()`). */
  | { readonly kind: 'marked-failed' }
  /** Set-up of the target: a clause. */
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'died'; readonly why: string };

/** Whether it is what k6 says of a teardown() that threw or took too long, once the load was released. */
export const isFailedTeardown = (code: number | null): boolean => code === 101 || code === 107;

/** Of a panic that k6 itself does not catch. */
const GO_PANIC = 2;

/** `asked`: whether it was told to stop. */
export function k6End(code: number | null, signal: string | null, asked: 'told-to-stop' | 'on-its-own'): K6End {
  if (signal !== null) return { kind: 'died', why: `was ended by ${signal}` };
  switch (code) {
    case 0:
      return { kind: 'done' };
    case 110:
      return { kind: 'marked-failed' };
    case 99:
      return { kind: 'died', why: 'judged thresholds by itself and ended (99)' };
    case 100:
    case 101:
    case 102:
      return { kind: 'refused', why: 'gave up waiting for setup() or teardown()' };
    case 103:
    case 105:
      if (asked === 'told-to-stop') return { kind: 'done' };
      return { kind: 'died', why: 'was stopped by somebody else' };
    case 104:
      return { kind: 'refused', why: 'would not take the options of the script' };
    case 106:
      return { kind: 'refused', why: 'could not listen for its control' };
    case 107:
      return { kind: 'refused', why: 'met an exception in the script' };
    case 108:
      return { kind: 'died', why: 'was ended by the script itself (test.abort())' };
    case 109:
    case GO_PANIC:
      return { kind: 'died', why: 'met a fault of its own (a Go panic)' };
    default:
      return { kind: 'refused', why: `ended with exit code ${code}` };
  }
}
