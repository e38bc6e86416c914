import { parseMessage, type MessageName } from '../../src/migration/messages';
import { migrationDocument } from '../../src/report/migration-document';
import { render } from '../../src/report/render';
import { statusView } from '../../src/report/status-view';
import { details } from '../../src/workflows/parts/details';
import { gate, NOW, phase, progress } from './cli/sample-progress';

const signals = (text: string): [string, unknown][] =>
  [...text.matchAll(/^- `(\w+)` with `(.*)`$/gm)].map(([, name, payload]) => [name, JSON.parse(payload)]);

test('the details at a gate name the signals with payloads that the migration takes', () => {
  const found = signals(details(progress()));
  expect(found.map(([name]) => name)).toEqual(['approve', 'reject', 'rollback']);
  for (const [name, payload] of found)
    expect(parseMessage(name as MessageName, payload)).toMatchObject({ by: 'YOUR NAME' });
});

test('what is not watched is said at the gate', () => {
  const unwatched = [{ name: 'log-errors', detail: 'the log goes to syslog' }];
  const shown = progress({ phases: [phase({ gate: gate({ unwatched }) })] });
  expect(details(shown)).toContain('- NOT WATCHED log-errors: the log goes to syslog');
  const room = { columns: 120, rows: 60 };
  expect(statusView(shown, NOW, room).join('\n')).toContain('! NOT WATCHED log-errors: the log goes to syslog');
  expect(render(migrationDocument(shown), 'text', 120)).toMatch(/not watched: +log-errors: the log goes to syslog/);
});

test('a gate that is decided asks for no signal', () => {
  const decision = { kind: 'approved', by: 'ann', at: 1 } as const;
  expect(signals(details(progress({ phases: [phase({ gate: { ...gate(), decision } })] })))).toEqual([]);
});
