#!/bin/bash
# kill -9 at random moments of real jobs on several units at once. After each, the same command leads to PASS; at the
# end the units have what they should, and no record is lost or doubled.
#   SOAK_KILLS=200     so many in all
#   SOAK_SECONDS=0     or as many as fit into so long; 0 = all
#   SOAK_SEED=...      the same moments again (as far as the machine lets them be the same)
. "${FM_SRC:?}/tests/lib.sh"

kills=${SOAK_KILLS:-200} seconds=${SOAK_SECONDS:-0} seed=${SOAK_SEED:-$((RANDOM * 32768 + RANDOM))}
seats=4
echo "# SOAK_SEED=$seed SOAK_KILLS=$kills SOAK_SECONDS=$seconds, $seats units at once"
rm "$XDG_CONFIG_HOME/flashmend/config.json" # with backups, as delivered
database=$XDG_STATE_HOME/flashmend/records.sqlite

# Small, so that a job takes a second or two and a moment in it hits each phase.
mkdir -p "$XDG_DATA_HOME/flashmend/devices"
sed -e 's/"14K"/"4K"/; s/"0x08003800" size="2K"/"0x08001000" size="1K"/; s/first-block="14"/first-block="4"/' \
	"$src/tests/unit/job/devices/sim.xml" >"$XDG_DATA_HOME/flashmend/devices/sim.xml"
for v in 1 2; do
	vectors "$work/v$v.bin" 3000 $v
	printf "fm-sim-version=$v.0.0\0" | dd of="$work/v$v.bin" bs=1 seek=1024 conv=notrunc status=none
done

# What each is like beside: one loses its settings with each erase, one sums by itself, one erases slowly.
extras=("" "--fault wipe=4" "--crc" "--slow 3")
for ((n = 0; n < seats; n++)); do
	random "$work/settings-$n.bin" 1024 $((n + 50))
	head -c 65536 /dev/zero | tr '\0' '\377' >"$work/flash-$n.bin"
	dd if="$work/settings-$n.bin" of="$work/flash-$n.bin" bs=1 seek=4096 conv=notrunc status=none
	start "seat$n" flashmend-sim stm32 --no-reset-line --link "$work/seat$n" --pid 0x410 --unique $n \
		--flash "$work/flash-$n.bin" ${extras[n]}
done

records_of() { sqlite3 -cmd '.timeout 10000' "$database" "SELECT count(*) FROM job WHERE port = '$work/seat$1'" 2>/dev/null || echo 0; }

# one KILLS SEAT NUMBER: start a job, kill it at some moment, start it again
one() {
	local n=$1 i=$2 version=$((i % 2 + 1)) before after pid pause
	local command=(flashmend flash -y -m sim-board-settings -d "port:$work/seat$n" "$work/v$version.bin")
	before=$(records_of "$n")
	"${command[@]}" >"$work/kill-$n.out" 2>&1 </dev/null &
	pid=$!
	pause=$((RANDOM * longest / 32768))
	sleep "$((pause / 1000)).$(printf '%03d' $((pause % 1000)))"
	kill -9 "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	# now and then the unit loses its power, too
	if ((RANDOM % 4 == 0)); then
		local sim=pid_seat$n
		kill -USR1 "${!sim}"
		sleep 0.2
	fi
	if ! "${command[@]}" >"$work/again-$n.out" 2>&1 </dev/null; then
		echo "kill $i of seat $n after $pause ms: the next run failed:"
		tail -n 5 "$work/kill-$n.out"
		cat "$work/again-$n.out"
		return 1
	fi
	after=$(records_of "$n")
	if ((after - before < 1 || after - before > 2)); then
		echo "kill $i of seat $n after $pause ms: $((after - before)) records for two jobs"
		return 1
	fi
	return 0
}

seat() {
	local n=$1 i
	RANDOM=$(((seed + n * 7919) % 32768))
	for ((i = 0; ; i++)); do
		((seconds == 0 || SECONDS < seconds)) || break
		# as many for each seat
		((i < (kills + seats - 1 - n) / seats)) || break
		one "$n" "$i" >>"$work/trouble" 2>&1 || break
		echo $i >>"$work/done-$n"
		echo $((i % 2 + 1)) >"$work/last-$n"
	done
}

# How long one takes.
: >"$work/trouble"
began=$(date +%s%N)
ok "a job that nobody kills" fm 0 flash -y -m sim-board-settings -d "port:$work/seat0" "$work/v1.bin"
longest=$((($(date +%s%N) - began) / 1000000 * 5 / 4))
SECONDS=0
workers=()
for ((n = 0; n < seats; n++)); do
	seat $n &
	workers+=($!)
done
wait "${workers[@]}"
total=$(cat "$work"/done-* 2>/dev/null | wc -l)
ask() { sqlite3 "$database" "$1" | tr '\n' ' '; }
echo "# $total kills in $SECONDS s, in the phases: $(ask "SELECT count(*) || ' ' || last FROM (SELECT (SELECT phase FROM phase
	WHERE job = id ORDER BY number DESC LIMIT 1) AS last FROM job WHERE code = 416) GROUP BY last")"
echo "# jobs that went on where one broke off: $(ask "SELECT count(*) FROM job WHERE outcome = 'PASS' AND verb = 'flash' AND
	bytes_written < 3072"), that put settings back: $(ask "SELECT count(*) FROM job WHERE kept LIKE 'put back%'")"
if [ -s "$work/trouble" ]; then sed 's/^/# /' "$work/trouble"; fi
ok "after each kill one command led to PASS (SOAK_SEED=$seed)" test ! -s "$work/trouble"
ok "there were enough of them" test "$total" -ge "$(((seconds ? 20 : kills)))"
for ((n = 0; n < seats; n++)); do
	stop "seat$n"
	ok "unit $n has the firmware" cmp -n 3000 "$work/v$(cat "$work/last-$n").bin" "$work/flash-$n.bin"
	ok "and its own settings" cmp -i 0:4096 -n 1024 "$work/settings-$n.bin" "$work/flash-$n.bin"
done
ok "no unit is in doubt" fm 0 list
ok "(none)" bash -c "! grep ATTENTION '$work/err'"
ok "every record has ended once" test "$(sqlite3 "$database" "SELECT count(*) FROM job WHERE chain IS NULL OR outcome IS NULL")" = 0
ok "the chain is whole" fm 0 history verify
ok "the database passes its check" test "$(sqlite3 "$database" 'PRAGMA integrity_check')" = ok
ok "every backup is what its name says" bash -c "cd '$XDG_STATE_HOME/flashmend/backups' && find . -type f ! -name '.new-*' -printf '%f  %P\n' | sha256sum -c --quiet"
done_testing
