/** Reads log lines; see LOG_SCRIPT for the variables it is given. Plain awk: mawk knows no repetition counts. */
const COUNT = `
function tagOf(line) {
  if (line ~ /^[\\t]/) return ""   # goes on from the line before
  if (match(line, /(DEBUG[1-5]|LOG|INFO|NOTICE|WARNING|ERROR|FATAL|PANIC|DETAIL|HINT|QUERY|CONTEXT|STATEMENT|LOCATION|BACKTRACE):  /)) return substr(line, RSTART, RLENGTH - 3)
  if (match(line, /,(ERROR|FATAL|PANIC),[0-9A-Z][0-9A-Z][0-9A-Z][0-9A-Z][0-9A-Z],/)) return substr(line, RSTART + 1, RLENGTH - 8)
  if (match(line, /"error_severity":"[A-Z]+"/)) return substr(line, RSTART + 18, RLENGTH - 19)
  return ""
}
function minuteOf(prefix) {
  if (!match(prefix, /[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9] [0-9][0-9]:[0-9][0-9]/)) return ""
  return substr(prefix, RSTART, 16)
}
function look(line,   tag, minute) {
  if (line ~ /terminating any other active server processes/) crashes++
  if (line !~ /ERROR|FATAL|PANIC/) return
  tag = tagOf(line)
  if (tag != "ERROR" && tag != "FATAL" && tag != "PANIC") return
  # What a stop and a start say to whoever is there or comes in between.
  if (line ~ /terminating connection due to administrator command|the database system is (starting up|shutting down)/) return
  minute = minuteOf(substr(line, 1, RSTART))
  if (minute == "") { timeless++; return }
  if (fresh && minute < known) return
  if (minute == known && !(minute in count)) count[minute] = errors
  count[minute]++
  last = minute
}
BEGIN { if (known != "" && known == now) count[known] = errors }
NR > 1 { look(previous) }
{ bytes += length($0) + 1; previous = $0 }
END {
  if (bytes > n) bytes -= length(previous) + 1   # it has no end yet: left for the next look
  else if (NR) look(previous)
  for (minute in count) if (count[minute] > count[worst]) worst = minute
  if (last == "") last = now == "" ? known : now
  printf "%.0f|%s|%d|%d|%d|%s|%d\\n", bytes, worst, count[worst], timeless, crashes, last, count[last]
}`;

/**
 * Counts the errors in a server's log from where the look before ended, by the minute in which they were logged, so that
 * how often one looks makes no difference. Reads text, CSV and JSON logs.
 *
 * Arguments: file; of the look before: inode (`first` when there was none), offset, last minute and errors in it; the
 * current minute; most bytes to read.
 * Prints, with `|` between: inode, offset read from, bytes read, worst minute and its errors, errors without a time,
 * crashes, last minute and its errors.
 */
export const LOG_SCRIPT = `
file=$1 inode=$2 from=$3 known=$4 errors=$5 now=$6 most=$7 fresh=0
set -- $(stat -c '%i %s' -- "$file") || exit 1
[ "$inode" = first ] && from=$2 inode=$1
# Another file of that name, or the same one cut short: it is new from its beginning, but may hold what is long past.
if [ "$inode" != "$1" ] || [ "$from" -gt "$2" ]; then from=0 fresh=1; fi
[ $(($2 - from)) -le "$most" ] || from=$(($2 - most))
n=$(($2 - from))
counted=$(tail -c +$((from + 1)) -- "$file" | head -c "$n" | awk -v n="$n" -v known="$known" -v errors="$errors" -v now="$now" -v fresh="$fresh" '${COUNT}') || exit 1
echo "$1|$from|$counted"`;
