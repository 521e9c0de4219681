import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Threads crash the native bridge of the Temporal SDK.
    pool: 'forks',
    // Every file may hold a worker with its own native runtime; the servers need the processors as well. On two of them,
    // one more than processors: many tests wait for a time limit to pass.
    maxWorkers: 3,
    // Generous, because tests await conditions on real servers; a hang is a failure all the same.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
    restoreMocks: true,
    unstubEnvs: true,
    projects: [
      {
        extends: true,
        test: {
          name: 'sterna',
          include: ['test/**/*.test.ts'],
          exclude: ['test/afterwards/**'],
          globalSetup: ['test/support/global-setup.ts'],
        },
      },
      {
        extends: true,
        test: { name: 'afterwards', include: ['test/afterwards/**/*.test.ts'], sequence: { groupOrder: 1 } },
      },
    ],
  },
});
