import fc from 'fast-check';
import {
  commentedOut,
  parseConf,
  printConf,
  quote,
  unquote,
  withName,
  withNote,
  withValue,
} from '../../../src/postgres/configuration/conf-file';

const settings = (text: string) =>
  parseConf(text).map(({ assignment }) => assignment && [assignment.name, assignment.value]);

describe('reading', () => {
  it.each([
    ['work_mem = 4MB', ['work_mem', '4MB']],
    ['\twork_mem=4MB\r', ['work_mem', '4MB']],
    ["log_line_prefix '%m '", ['log_line_prefix', '%m ']],
    ["Motto = 'it''s \\'quoted\\' \\\\ # no comment'# comment", ['Motto', "it's 'quoted' \\ # no comment"]],
    ["app.name = '\\303\\251\\n'", ['app.name', '\u00e9\n']],
    ['checkpoint_completion_target = .9 # near the end', ['checkpoint_completion_target', '.9']],
    ['seed = -1.5e3', ['seed', '-1.5e3']],
    ['unix_socket_permissions = 0x1ff', ['unix_socket_permissions', '0x1ff']],
    ['log_timezone = Etc/UTC', ['log_timezone', 'Etc/UTC']],
    ["include_dir 'conf.d'", ['include_dir', 'conf.d']],
    ['#work_mem = 4MB', undefined],
    ['port5432', undefined],
    ['work_mem = 4MB 5MB', undefined],
    ["a.b.c = 'x'", undefined],
    ["broken = 'no end", undefined],
    ['', undefined],
  ])('%j is read as the server reads it', (line, expected) => {
    expect(settings(line)).toEqual([expected]);
  });
});

describe('writing', () => {
  const value = fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0'));
  const token = fc.oneof(value.map(quote), fc.constantFrom('on', '4MB', '-1', '0.5', "'it''s'", 'Etc/UTC'));
  const line = fc
    .tuple(
      fc.constantFrom('', ' ', '\t'),
      fc.constantFrom('work_mem', 'a.b', 'Port'),
      fc.constantFrom(' = ', '=', ' '),
      token,
      fc.constantFrom('', ' # why', '\t#', '\r'),
    )
    .map((parts) => parts.join(''));

  it('gives any text back byte for byte', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fc.oneof(line, fc.string())).map((lines) => lines.join('\n')),
    );
    fc.assert(fc.property(text, (any) => printConf(parseConf(any)) === any));
  });

  it('quotes every value so that it reads back the same, on one line', () => {
    fc.assert(fc.property(value, (any) => unquote(quote(any)) === any && !quote(any).includes('\n')));
  });

  it('changes a value or a name and nothing else', () => {
    fc.assert(
      fc.property(line, value, (text, next) => {
        const [before] = parseConf(text);
        const after = withName(withValue(before, next), 'new_name');
        const { nameAt, valueAt } = before.assignment!;
        expect(after.assignment).toMatchObject({ name: 'new_name', value: next });
        expect(after.text.slice(0, nameAt.start)).toBe(text.slice(0, nameAt.start));
        expect(after.text.endsWith(text.slice(valueAt.end))).toBe(true);
      }),
    );
  });

  it('turns a setting into a comment that keeps it and says why', () => {
    fc.assert(
      fc.property(line, fc.string(), (text, why) => {
        const commented = commentedOut(parseConf(text)[0], why);
        expect(parseConf(commented.text)).toEqual([{ text: commented.text }]);
        expect(commented.text).toContain(text.trimEnd());
      }),
    );
  });

  it('replaces its own note of an earlier hop', () => {
    const [once] = parseConf("a = '# pgpassage: mine'").map((line) => withNote(line, 'first'));
    expect(withNote(once, 'second').text).toBe("a = '# pgpassage: mine' # pgpassage: second");
  });
});
