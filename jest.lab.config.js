const { testPathIgnorePatterns: _, ...base } = require('./jest.config.js');

/** Tests on hosts with systemd and sshd (sandbox/lab): one lab at a time. */
module.exports = { ...base, testMatch: ['<rootDir>/test/lab/**/*.test.ts'], maxWorkers: 1, testTimeout: 300000 };
