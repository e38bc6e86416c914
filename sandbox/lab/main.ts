import { spawnSync } from 'node:child_process';
import { Command, InvalidArgumentError } from 'commander';
import { openLab, upLab } from './lab';
import { downLab } from './down';

/** `npm run lab -- up|down|ssh|power-cut|boot`. */
const program = new Command('npm run lab --')
  .description('Hosts with systemd and sshd on this machine.')
  .enablePositionalOptions();

program
  .command('up [hosts]')
  .description('make so many hosts, db1 and further (default: 3)')
  .action(async (count = '3') => {
    const hosts = Array.from({ length: wholeNumber(count) }, (_, index) => `db${index + 1}`);
    const began = performance.now();
    const lab = await upLab({ hosts });
    console.log(`${hosts.length} hosts are up after ${((performance.now() - began) / 1000).toFixed(1)} s:`);
    for (const { name, address } of Object.values(lab.hosts)) console.log(`  ${name}  ${address}`);
    console.log(
      `Log in: npm run lab -- ssh db1, or ssh -i ${lab.keyFile} -o UserKnownHostsFile=${lab.knownHosts} deploy@…`,
    );
  });

program.command('down').description('remove the hosts and all that is theirs').action(downLab);

program
  .command('ssh <host> [command...]')
  .description('log in as deploy, or run a command')
  .passThroughOptions()
  .action(async (name: string, command: string[]) => {
    const { keyFile, knownHosts } = await openLab();
    const { address } = await hostOf(name);
    const options = ['-i', keyFile, '-o', `UserKnownHostsFile=${knownHosts}`, `deploy@${address}`];
    process.exitCode = spawnSync('ssh', [...options, ...command], { stdio: 'inherit' }).status ?? 1;
  });

program
  .command('power-cut <host>')
  .description('end all its processes at once')
  .action(async (name: string) => (await hostOf(name)).powerCut());

program
  .command('boot <host>')
  .description('start it again after a power cut')
  .action(async (name: string) => (await hostOf(name)).boot());

async function hostOf(name: string) {
  const { hosts } = await openLab();
  const host = hosts[name];
  if (host) return host;
  throw new Error(`The lab has no host "${name}". Its hosts: ${Object.keys(hosts).join(', ')}.`);
}

function wholeNumber(text: string): number {
  if (/^[1-7]$/.test(text)) return Number(text);
  throw new InvalidArgumentError('A number from 1 to 7 is needed.');
}

program.parseAsync(process.argv).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
