/** Jest runs the same TypeScript as Node does: swc strips the types, modules stay ESM. */
export default {
  testEnvironment: '<rootDir>/test/harness/environment.mjs',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' } },
    ],
  },
  // One PostgreSQL and one Temporal for the whole run; each test file takes a database and a namespace of its own.
  globalSetup: '<rootDir>/test/harness/global-setup.mjs',
  globalTeardown: '<rootDir>/test/harness/global-teardown.mjs',
  testSequencer: '<rootDir>/test/harness/longest-first.mjs',
  maxWorkers: 2, // a third one makes tests of real processes wait longer than they are patient
  // Modules of a file stay in memory when it is over: a process with that much starts anew before the next.
  workerIdleMemoryLimit: '1.5GB',
  testTimeout: 60_000,
}
