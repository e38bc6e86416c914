import { cleanupOnExit } from '../../sandbox/cleanup';

const SIGNALS = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;
const others = SIGNALS.map((signal) => process.listeners(signal));

afterEach(() => {
  SIGNALS.forEach((signal, index) => {
    for (const listener of process.listeners(signal)) {
      if (!others[index].includes(listener)) process.removeListener(signal, listener);
    }
  });
  jest.restoreAllMocks();
});

test('what was registered last ends first, once, and one failure does not keep the rest from ending', async () => {
  const reported = jest.spyOn(console, 'error').mockReturnValue();
  const ended: string[] = [];
  const cleanup = cleanupOnExit();
  cleanup.add('root directory', async () => void ended.push('root directory'));
  cleanup.add('server', () => Promise.reject(new Error('still busy')));
  cleanup.add('worker', async () => void ended.push('worker'));
  await Promise.all([cleanup.run(), cleanup.run()]);
  await cleanup.run();
  expect(ended).toEqual(['worker', 'root directory']);
  expect(reported.mock.calls).toEqual([['Could not end server: Error: still busy']]);
});

test('a signal that comes twice cleans up once and ends the process with the usual exit code', async () => {
  const exited = new Promise<unknown>((resolve) => {
    jest.spyOn(process, 'exit').mockImplementation(((code: number) => resolve(code)) as () => never);
  });
  const end = jest.fn(async () => undefined);
  cleanupOnExit().add('server', end);
  process.emit('SIGINT', 'SIGINT');
  process.emit('SIGINT', 'SIGINT');
  expect(await exited).toBe(130);
  expect(end).toHaveBeenCalledTimes(1);
});
