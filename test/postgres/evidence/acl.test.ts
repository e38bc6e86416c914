import { aclDelta } from '../../../src/postgres/evidence/acl';

const DEFAULT_15 = ['owner=arwdDxt/owner'];
const DEFAULT_17 = ['owner=arwdDxtm/owner'];

test('what was given and taken, one privilege a line', () => {
  expect(aclDelta(['owner=arwdDx/owner', 'reader=r*/owner', '=r/owner'], DEFAULT_15)).toEqual([
    '+PUBLIC:r/owner',
    '+reader:r*/owner',
    '-owner:t/owner',
  ]);
});

test('an owner who gains MAINTAIN by default in 17 has the same privileges before and after', () => {
  const [on15, on17] = [
    ['owner=arwdDxt/owner', 'a=r/owner'],
    ['owner=arwdDxtm/owner', 'a=r/owner'],
  ];
  expect(aclDelta(on17, DEFAULT_17)).toEqual(aclDelta(on15, DEFAULT_15));
  expect(aclDelta(['owner=m/owner'], DEFAULT_17)).toEqual(aclDelta([], DEFAULT_15));
});

test('names that need quotes', () => {
  expect(aclDelta(['"a=b/c ""d"""=U/"own er"'], [])).toEqual(['+"a=b/c ""d""":U/"own er"']);
});

test('what is no access control item is not passed over', () => {
  expect(() => aclDelta(['nonsense'], [])).toThrow('Not an access control item');
});
