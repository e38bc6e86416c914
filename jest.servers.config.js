const { testPathIgnorePatterns, ...base } = require('./jest.config.js');

/** Clusters of several servers: standbys, PgBouncer in front. They take longer than all the rest together. */
module.exports = {
  ...base,
  testMatch: testPathIgnorePatterns.filter((path) => path.endsWith('.ts')).map((path) => `<rootDir>${path}`),
};
