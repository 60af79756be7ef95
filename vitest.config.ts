import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Begun last, they would leave the other workers idle. */
const LONGEST = [
  'test/attacks.test.ts',
  'test/e2e-aidr.test.ts',
  'test/e2e-apis.test.ts',
  'test/e2e-methods.test.ts',
  'test/e2e-endpoints.test.ts',
  'test/e2e.test.ts',
  'test/e2e-stock.test.ts',
  'test/e2e-crashes.test.ts',
  'test/e2e-relay.test.ts',
  'test/e2e-mcp.test.ts',
  'test/package.test.ts',
  'test/demo.test.ts',
  'test/inspect.test.ts',
  'test/reports.test.ts',
  'test/supervision-handover.test.ts',
  'test/supervision.test.ts',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const index = LONGEST.findIndex((file) => moduleId.endsWith(file));
      return index === -1 ? LONGEST.length : index;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

/** They measure time, or have to be in time: with so many files at once on two cores they would be too slow. */
const TIMED = [
  'src/aidr/client.test.ts',
  'src/aidr/refused-fields.test.ts',
  'src/aidr/transport.test.ts',
  'src/diagnostics/tracing/*.test.ts',
  'src/inspection/calls/ask.test.ts',
  'src/workers/*.test.ts',
  'test/large-bodies.test.ts',
  'test/supervision*.test.ts',
  'fuzz/regular-expressions.test.ts',
  'bench/**/*.test.ts',
  'soak/**/*.test.ts',
];

/** What gets through once gets through: these are never run again. */
const ATTACKS = [
  'test/attacks.test.ts',
  'test/attacks/**/*.test.ts',
  'test/e2e-crashes.test.ts',
  'test/e2e-mcp.test.ts',
  'test/guard-mutations.test.ts',
  'fuzz/**/*.test.ts',
];

/** A process that a busy machine stalled says `overloaded` where `timeout` is expected, and is right. */
const onceMore = { retry: 1 };

/** Most of what the others do is waiting, so that two cores have time for more of them. */
const together = { maxWorkers: 4, sequence: { groupOrder: 0 } };
const afterwards = { maxWorkers: 3, sequence: { groupOrder: 1 } };

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    // Node.js runs TypeScript itself, in two thirds of the time: nothing here needs a bundler.
    experimental: { viteModuleRunner: false, nodeLoader: false },
    globalSetup: 'test/build-plugins.ts',
    // Half of what the start of a plugin server takes is compiling it, and hundreds are started.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/compiled') },
    projects: [
      {
        extends: true,
        // Loading the same modules for each of a hundred files took longer than their tests.
        test: {
          ...together,
          ...{ name: 'units', include: ['src/**/*.test.ts'], exclude: TIMED, isolate: false },
        },
      },
      {
        extends: true,
        test: {
          ...together,
          ...onceMore,
          name: 'whole',
          isolate: false,
          include: [
            'plugins/**/*.test.ts',
            'testkit/**/*.test.ts',
            'bench/**/*.test.ts',
            'demo/**/*.test.ts',
            'test/**/*.test.ts',
            'soak/**/*.test.ts',
          ],
          exclude: [...TIMED, ...ATTACKS],
        },
      },
      {
        extends: true,
        test: { ...together, ...{ name: 'attacks', include: ATTACKS, exclude: TIMED, isolate: false } },
      },
      { extends: true, test: { ...afterwards, ...onceMore, name: 'timed', include: TIMED } },
    ],
    // Starting a gateway with two plugin servers takes seconds on a busy machine.
    hookTimeout: 120_000,
    // What is waited for comes; how soon, depends on the machine.
    expect: { poll: { timeout: 10_000 } },
    testTimeout: 60_000,
  },
});
