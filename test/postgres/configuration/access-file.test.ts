import { changedMeanings, fileReferences, withReferences } from '../../../src/postgres/configuration/access-file';

const HBA = `# local @comment \\
 still @comment
local all @admins, "@quoted" peer
host db,@databases \\
  @"with blank" 127.0.0.1/32 trust
include other.conf
include_dir "hba.d"
`;

it('finds the files that an access file reads', () => {
  const found = fileReferences(HBA, 16).map(({ kind, path, line }) => [kind, path, line]);
  expect(found).toEqual([
    ['@', 'admins', 3],
    ['@', 'databases', 4],
    ['@', 'with blank', 5],
    ['include', 'other.conf', 6],
    ['include_dir', 'hba.d', 7],
  ]);
  expect(fileReferences(HBA, 15).map(({ kind }) => kind)).toEqual(['@', '@', '@']);
});

it('leads references elsewhere and leaves the rest as it is', () => {
  const [admins, , blank] = fileReferences(HBA, 15);
  const text = withReferences(HBA, [
    { reference: admins, path: '/new/admins' },
    { reference: blank, path: '/new/with blank' },
  ]);
  expect(text).toBe(HBA.replace('@admins', '@/new/admins').replace('@"with blank"', '@"/new/with blank"'));
});

it('knows the rules that 16 reads in another way', () => {
  const lines = (text: string, kind: 'hba' | 'ident', from = 15) =>
    changedMeanings(text, kind, from, 16).map(({ line, token }) => [line, token]);
  expect(lines('local all all peer\nlocal all "/x",me peer\n', 'hba')).toEqual([[2, '/x']]);
  expect(lines('map os all\nmap os "all"\nmap /^(.*)$ +team\n', 'ident')).toEqual([
    [1, 'all'],
    [3, '+team'],
  ]);
  expect(lines('map os all\n', 'ident', 16)).toEqual([]);
});
