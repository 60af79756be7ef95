import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Each takes minutes on one worker: begun last, they would leave the other one idle. */
const LONGEST = ['test/e2e.test.ts', 'test/e2e-apis.test.ts', 'test/attacks.test.ts'];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const index = LONGEST.findIndex((file) => moduleId.endsWith(file));
      return index === -1 ? LONGEST.length : index;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    globalSetup: 'test/build-plugins.ts',
    projects: [
      {
        extends: true,
        // Loading the same modules for each of a hundred files took longer than their tests.
        test: { name: 'units', include: ['src/**/*.test.ts'], isolate: false },
      },
      {
        extends: true,
        test: {
          name: 'whole',
          include: [
            'plugins/**/*.test.ts',
            'testkit/**/*.test.ts',
            'bench/**/*.test.ts',
            'test/**/*.test.ts',
            'fuzz/**/*.test.ts',
            'soak/**/*.test.ts',
          ],
        },
      },
    ],
    // Three files at once on two cores are a minute faster, and too slow for what has to be in time.
    maxWorkers: 2,
    // Starting a gateway with two plugin servers takes seconds on a busy machine.
    hookTimeout: 60_000,
    testTimeout: 20_000,
  },
});
