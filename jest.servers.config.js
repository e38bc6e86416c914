const { testPathIgnorePatterns, ...base } = require('./jest.config.js');

/** Whole phases, clusters of several servers, upgrades of RuVector: what takes longer than all the rest together. */
module.exports = {
  ...base,
  testMatch: testPathIgnorePatterns.filter((path) => path.endsWith('.ts')).map((path) => `<rootDir>${path}`),
};
