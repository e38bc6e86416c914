import { parseMessage, type MessageName } from '../../src/migration/messages';
import { details } from '../../src/workflows/parts/details';
import { gate, phase, progress } from './cli/sample-progress';

const signals = (text: string): [string, unknown][] =>
  [...text.matchAll(/^- `(\w+)` with `(.*)`$/gm)].map(([, name, payload]) => [name, JSON.parse(payload)]);

test('the details at a gate name the signals with payloads that the migration takes', () => {
  const found = signals(details(progress()));
  expect(found.map(([name]) => name)).toEqual(['approve', 'reject', 'rollback']);
  for (const [name, payload] of found)
    expect(parseMessage(name as MessageName, payload)).toMatchObject({ by: 'YOUR NAME' });
});

test('a gate that is decided asks for no signal', () => {
  const decision = { kind: 'approved', by: 'ann', at: 1 } as const;
  expect(signals(details(progress({ phases: [phase({ gate: { ...gate(), decision } })] })))).toEqual([]);
});
