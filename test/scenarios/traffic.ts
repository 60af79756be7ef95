/** What every placement and every plugin server has to do. */
import { describe } from 'vitest';
import type { StageOptions } from '../../testkit/harness/stage.ts';
import { failures } from './failures.ts';
import { happyPath } from './happy-path.ts';
import { live } from './live.ts';
import { observability } from './observability.ts';
import { outcomes } from './outcomes.ts';
import { refusals } from './refusals.ts';

export function traffic(options: StageOptions): void {
  describe(`with the ${options.pluginServer} plugin server`, () => {
    happyPath(options);
    failures(options);
    outcomes(options);
    refusals(options);
    live(options);
    observability(options);
  });
}
