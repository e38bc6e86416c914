/** Tests run the TypeScript directly (swc); types are checked by `npm run typecheck`. */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  // By `npm run test:lab` and `npm run test:servers`.
  testPathIgnorePatterns: [
    '/test/lab/',
    '/test/chaos/worker-kill.test.ts',
    '/test/e2e/standbys.test.ts',
    '/test/pgbouncer/outage.test.ts',
    '/test/pgbouncer/phase.test.ts',
    '/test/postgres/evidence/hops.test.ts',
    '/test/postgres/standby/phase.test.ts',
    '/test/postgres/standby/synchronous.test.ts',
    '/test/postgres/standby/ways-back.test.ts',
    '/test/postgres/upgrade/ended-job.test.ts',
    '/test/postgres/upgrade/failed-outage.test.ts',
    '/test/postgres/upgrade/phase.test.ts',
    '/test/ruvector/index-rebuild.test.ts',
    '/test/ruvector/major-upgrade.test.ts',
    '/test/ruvector/preflight.test.ts',
    '/test/ruvector/upgrade.test.ts',
    '/test/ruvector/ways-back.test.ts',
    '/test/ruvector/workflow.test.ts',
  ],
  transform: { '^.+\\.ts$': '@swc/jest', '/tree-sitter-wasm/.+\\.js$': '@swc/jest' }, // options: .swcrc
  // It imports a module of Node's dynamically, which Jest can't do; as CommonJS it requires it.
  transformIgnorePatterns: ['/node_modules/(?!@vscode/tree-sitter-wasm/)'],
  testTimeout: 120000,
  // Most of a test's time is spent waiting for servers.
  maxWorkers: 2,
};
