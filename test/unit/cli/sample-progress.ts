import { ledger } from '../../../src/migration/ledger';
import type { GateProgress, PhaseProgress, Progress } from '../../../src/migration/progress';

export const NOW = Date.UTC(2026, 2, 1, 12);
export const HOUR = 3_600_000;

/** A gate that was opened at noon and soaks for a day. */
export function gate(overrides: Partial<GateProgress> = {}): GateProgress {
  return {
    openedAt: NOW,
    soakEndsAt: NOW + 24 * HOUR,
    expiresAt: NOW + 15 * 24 * HOUR,
    needsApproval: true,
    alarms: [],
    raised: [],
    evidence: '3f2a9c01',
    lastCheckedAt: NOW,
    ...overrides,
  };
}

/** The phase 15 → 16 at its gate. */
export function phase(overrides: Partial<PhaseProgress> = {}): PhaseProgress {
  return {
    name: '15-16',
    from: 15,
    to: 16,
    state: 'soaking',
    mode: 'clone',
    why: 'the file system has reflinks',
    directory: '/backups/upgrade_15_to_16_20260301110000',
    ledger: ledger('15-16', 'clone'),
    startedAt: NOW - HOUR,
    durationMs: HOUR,
    predictedOutageMs: 2_000,
    outageMs: 2_130,
    checks: { passed: 42, failed: 0 },
    warnings: [{ check: 'md5-passwords', object: 'role app', seen: 'its password is md5', action: 'set it anew' }],
    differences: [],
    configurationChanges: [
      { name: 'promote_trigger_file', kind: 'removed', before: '/tmp/promote', reason: 'gone in 16' },
    ],
    steps: [
      { name: 'pre-flight', state: 'done', startedAt: NOW - HOUR, durationMs: 12_000, detail: '42 passed' },
      { name: 'outage', state: 'done', startedAt: NOW - 5_000, durationMs: 2_200, detail: '2130 ms' },
    ],
    gate: gate(),
    ...overrides,
  };
}

/** A migration 15 → 17 at its first gate. */
export function progress(overrides: Partial<Progress> = {}): Progress {
  return {
    cluster: 'orders',
    migration: '1a2b3c4d',
    startedAt: NOW - 3_600_000,
    outcome: 'running',
    status: '16 serves; soak until tomorrow',
    next: 'Watch; rollback if something is wrong, extend to watch longer.',
    runningVersion: 16,
    to: 17,
    phases: [phase(), planned()],
    log: [{ at: NOW, text: 'dora paused the migration' }],
    ...overrides,
  };
}

function planned(): PhaseProgress {
  return {
    name: '16-17',
    from: 16,
    to: 17,
    state: 'planned',
    checks: { passed: 0, failed: 0 },
    warnings: [],
    differences: [],
    configurationChanges: [],
    steps: [],
  };
}
