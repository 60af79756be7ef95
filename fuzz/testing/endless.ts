/** For the test of the watchdog: a target whose check never ends. */
import { constant } from 'fast-check';
import type { Target } from '../target.ts';

const endless: Target<string> = {
  name: 'endless',
  inputs: constant('endless'),
  show: JSON.stringify,
  start: async () => ({
    check() {
      for (;;);
    },
  }),
};

export default endless;
