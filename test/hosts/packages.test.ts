import { LocalHost } from '../../src/hosts/local-host';
import { PackagesUnavailable, parseApt, parseDnf, simulateInstall } from '../../src/hosts/packages';
import { existsSync } from 'node:fs';
import { onlyWhere } from '../support/only-where';

test('apt: what is new, what is upgraded and what goes is told apart', () => {
  const text = `NOTE: This is only a simulation!
Reading package lists...
The following NEW packages will be installed:
  postgresql-17 postgresql-client-17
Remv postgresql-9.6 [9.6.24-0+deb9u1]
Inst postgresql-common [248] (267.pgdg12+1 PostgreSQL for Debian:bookworm-pgdg [all]) []
Inst postgresql-client-17 (17.5-1.pgdg12+1 PostgreSQL for Debian:bookworm-pgdg [amd64])
Inst postgresql-17 (17.5-1.pgdg12+1 PostgreSQL for Debian:bookworm-pgdg [amd64])
Conf postgresql-17 (17.5-1.pgdg12+1 PostgreSQL for Debian:bookworm-pgdg [amd64])
`;
  expect(parseApt(text)).toEqual({
    install: ['postgresql-client-17 17.5-1.pgdg12+1', 'postgresql-17 17.5-1.pgdg12+1'],
    upgrade: ['postgresql-common 248 → 267.pgdg12+1'],
    remove: ['postgresql-9.6 9.6.24-0+deb9u1'],
  });
});

// Made after the tables in dnf's manual and its own tests; no dnf was run.
test('dnf: sections, wrapped names, and where the table ends', () => {
  const text = `Last metadata expiration check: 0:11:30 ago on Mon 03 Mar 2025 10:00:00 AM UTC.
Dependencies resolved.
================================================================================
 Package                       Arch     Version             Repository     Size
================================================================================
Installing:
 postgresql17-server           x86_64   17.5-1PGDG.rhel9    pgdg17        6.9 M
 postgresql17-a-very-long-name-of-an-extension
                               x86_64   1.0-1PGDG.rhel9     pgdg17         20 k
     replacing  postgresql-old.x86_64 1.0
Installing dependencies:
 postgresql17                  x86_64   17.5-1PGDG.rhel9    pgdg17        2.0 M
Upgrading:
 libpq5                        x86_64   17.5-42PGDG.rhel9   pgdg-common   230 k
Removing dependent packages:
 postgresql15-server           x86_64   15.13-1PGDG.rhel9   @pgdg15        23 M

Transaction Summary
================================================================================
Install  3 Packages
Upgrade  1 Package

Total download size: 9.2 M
Operation aborted.
`;
  expect(parseDnf(text)).toEqual({
    install: [
      'postgresql17-server 17.5-1PGDG.rhel9',
      'postgresql17-a-very-long-name-of-an-extension 1.0-1PGDG.rhel9',
      'postgresql17 17.5-1PGDG.rhel9',
    ],
    upgrade: ['libpq5 17.5-42PGDG.rhel9'],
    remove: ['postgresql15-server 15.13-1PGDG.rhel9'],
  });
  expect(parseDnf('Nothing to do.\nComplete!\n')).toEqual({ install: [], upgrade: [], remove: [] });
});

const onDebian = onlyWhere(
  existsSync('/usr/bin/apt-get') && process.getuid?.() === 0,
  'apt is asked only as root, on Debian or what descends from it.',
);

onDebian.test(
  'apt on this machine: what is there already is no change, and a name that it does not know is said',
  async () => {
    const host = new LocalHost('here', '/tmp');
    expect(await simulateInstall(host, 'apt', ['base-files'])).toEqual({ install: [], upgrade: [], remove: [] });
    const unknown = simulateInstall(host, 'apt', ['postgresql-0-of-pgpassage']);
    await expect(unknown).rejects.toBeInstanceOf(PackagesUnavailable);
    await expect(unknown).rejects.toThrow('Unable to locate package postgresql-0-of-pgpassage');
  },
);
