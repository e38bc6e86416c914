import { rewriteFile } from '../../../src/ruvector/rewrite/rewrite-file';
import { corpus } from './corpus';

const cases = corpus();

test('the corpus has 60 cases or more, in SQL and in four languages', () => {
  expect(cases.length).toBeGreaterThanOrEqual(60);
  const languages = new Set(cases.map(({ name }) => name.split('/')[0]));
  expect([...languages].sort()).toEqual(['go', 'java', 'python', 'sql', 'typescript']);
});

describe.each(cases)('$name', ({ name, input, output, problems, options }) => {
  test('becomes what is expected, and what could not be judged is said', async () => {
    const result = await rewriteFile(name, Buffer.from(input), options);
    expect(result.after).toBe(output);
    expect(result.problems.map(({ line, reason }) => `${line}: ${reason}\n`).join('')).toBe(problems);
    expect(result.calls.length > 0).toBe(input !== output);
  });

  test('a second run changes nothing', async () => {
    const again = await rewriteFile(name, Buffer.from(output), options);
    expect({ after: again.after, calls: again.calls }).toEqual({ after: output, calls: [] });
  });
});
