/** Tests run the TypeScript directly (swc); types are checked by `npm run typecheck`. */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  transform: { '^.+\\.ts$': '@swc/jest' }, // options: .swcrc
  testTimeout: 120000,
  // Most of a test's time is spent waiting for servers.
  maxWorkers: 2,
};
