import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globalSetup: 'test/build-plugins.ts',
    include: [
      'src/**/*.test.ts',
      'plugins/**/*.test.ts',
      'dev/**/*.test.ts',
      'bench/**/*.test.ts',
      'test/**/*.test.ts',
      'fuzz/**/*.test.ts',
      'soak/**/*.test.ts',
    ],
    // Most of the time is spent waiting: two files at once on two cores.
    maxWorkers: 2,
    // Starting a gateway with two plugin servers takes seconds on a busy machine.
    hookTimeout: 60_000,
    testTimeout: 20_000,
  },
});
