import { shellCommand, shellWord } from '../../hosts/quote';
import { BEFORE_READ_ONLY } from './shell';

/** Something in front of the server that can hold clients back, such as one database of a PgBouncer. */
export interface Pooler {
  /** As messages name it: `main on 127.0.0.1:6432`. */
  name: string;
  /** Command lines for the shell. Pausing ends when no client is at work any more; resuming what is not paused may fail. */
  pause: string;
  resume: string;
}

/** How the outage job holds clients back before it stops the old server, and lets them in again afterwards. */
export interface DrainPlan {
  poolers: Pooler[];
  /** Milliseconds that open transactions have to end. */
  deadlineMs: number;
  then: 'give-up' | 'terminate' | 'wait';
  /** Make transactions read-only by default, for clients that no pooler holds back. */
  readOnly: boolean;
  /** psql as the admin of the old server; its next argument is `--command=…`. A command line for the shell. */
  psql: string;
}

/** Exit code of the outage job when clients were not drained: they go on with the old server, which was not stopped. */
export const GAVE_UP = 22;

/** For a job that holds nobody back. */
const NOTHING = `
hold_back() { :; }
let_in() { :; }`;

/** After terminating, a pooler gets this long to notice that its clients' transactions are gone. */
const GRACE_MS = 10_000;

/**
 * The functions `hold_back` and `let_in` for the outage job, which has `mark`, `as_owner`, `old` and `old_bin` already.
 * They print `open: …` and `ended: …` lines naming sessions. Whatever way the job ends, it has to call `let_in`.
 */
export function drainScript(plan: DrainPlan | undefined): string {
  if (!plan) return NOTHING;
  const pause = plan.poolers.map(({ name, pause }, index) => `  pause ${index} ${shellWord(name)} ${pause}`);
  const resume = plan.poolers.map(
    ({ name, resume }) => `  resume ${shellWord(name)} ${resume} & resuming="$resuming $!"`,
  );
  return `
job=$PWD
held=
choice=${plan.then}
began=
${FUNCTIONS}
as_admin() { ${plan.psql} --command="$1"; }
hold_back() {
  mark hold
  held=true
  deadline=$(($(now) + ${Math.round(plan.deadlineMs)}))
${pause.join('\n')}
  wait_until paused
${plan.readOnly ? '  read_only\n' : ''}  began=$(as_admin "select clock_timestamp()") || give_up "the server can't be asked for open transactions"
  wait_until quiet
  mark held
}
let_in() {
  [ -n "$held" ] || return 0
  writable_again "$old_bin" "$old" || echo "the old server's read-only switch could not be undone"
  resuming=
${resume.join('\n')}
  for each in $resuming; do wait "$each"; done
  held=
  mark let-in
}`;
}

const OPEN = `backend_type = 'client backend' and pid <> pg_backend_pid()`;
const SESSION = `format('session %s of %s%s in database %s: %s%s', pid, usename, ' (' || nullif(application_name, '') || ')', datname,
  'state ' || state, ', transaction open for ' || date_trunc('milliseconds', clock_timestamp() - xact_start))`;

/** All client sessions: what the stop would end a moment later, and what keeps a session pool from being paused. */
// Materialized: else the planner may end sessions before it has left out its own.
const TERMINATE = `with client as materialized (select pid, ${SESSION} as session from pg_stat_activity where ${OPEN} order by xact_start)
  select 'ended: ' || session from client where pg_terminate_backend(pid)`;

const FUNCTIONS = `
now() { date +%s%3N; }
# $1 number, $2 name, then the command. The file appears when the pause has ended, with its exit code.
pause() {
  n=$1; shift
  rm -f "$job/pause.$n" && echo "$1" >"$job/pause.$n.name" && shift
  { "$@" >"$job/pause.$n.said" 2>&1 </dev/null; echo "$?" >"$job/pause.$n.new"; mv "$job/pause.$n.new" "$job/pause.$n"; } &
}
paused() {
  for each in "$job"/pause.*.name; do
    [ -e "$each" ] || return 0
    n=\${each%.name}
    [ -e "$n" ] || { waiting=$(cat "$each"); return 1; }
    [ "$(cat "$n")" = 0 ] || give_up "PgBouncer did not pause $(cat "$each"): $(cat "$n.said")"
  done
}
resume() {
  name=$1; shift
  said=$("$@" 2>&1 </dev/null) && return
  case $said in *"is not paused"*) ;; *) echo "PgBouncer did not resume $name: $said" ;; esac
}
read_only() {
  as_owner sh -c 'cd "$1" && { [ -e "$2" ] || { cp -p -- postgresql.auto.conf "$2.new" && sync "$2.new" && mv -- "$2.new" "$2"; }; }' sh "$old" ${BEFORE_READ_ONLY} &&
    as_admin "alter system set default_transaction_read_only = on" && as_admin "select pg_reload_conf()" >/dev/null ||
    give_up "the server could not be made read-only"
}
open_transactions() { as_admin "select 'open: ' || ${SESSION} from pg_stat_activity where ${OPEN} and xact_start < coalesce(nullif('$began', '')::timestamptz, clock_timestamp()) order by xact_start"; }
quiet() {
  waiting="the transactions above"
  seen=$(open_transactions) || give_up "the server can't be asked for open transactions: $seen"
  [ -z "$seen" ]
}
wait_until() {
  until "$1"; do
    [ "$(now)" -lt "$deadline" ] || at_deadline
    sleep 0.05
  done
}
at_deadline() {
  case $choice in
    wait) open_transactions; echo "the deadline has passed; waiting on"; deadline=9999999999999 ;;
    terminate) as_admin "${TERMINATE}"; choice=give-up; deadline=$(($(now) + ${GRACE_MS})) ;;
    *) open_transactions; give_up "the deadline has passed, still waiting for $waiting" ;;
  esac
}
give_up() {
  echo "$1: the clients go on with the old server"
  let_in
  exit ${GAVE_UP}
}`;

/** An admin's psql as {@link DrainPlan} wants it: rows without headers, an error ends it. */
export function adminPsql(argv: readonly string[]): string {
  return shellCommand([...argv, '--no-psqlrc', '--quiet', '--tuples-only', '--no-align']);
}

/** Sessions that the drain ended, as its output names them. */
export function endedSessions(printed: string): string[] {
  return [...printed.matchAll(/^ended: (.*)$/gm)].map(([, session]) => session);
}
