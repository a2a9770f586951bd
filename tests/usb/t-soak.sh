#!/bin/bash
# Hotplug soak: eight units that come and go at random while watch looks on. It loses none, tells of each consistently
# and does not grow. FM_SOAK_CYCLES: how often a cable is put in again (200), but no longer than FM_SOAK_SECONDS (50): an
# emulated machine may be slow. FM_SOAK_SEED: another order.
. "${FM_SRC:?}/tests/usb/lib.sh"
seed=${FM_SOAK_SEED:-4711}
cycles=${FM_SOAK_CYCLES:-200} limit_ms=$((${FM_SOAK_SECONDS:-50} * 1000))
RANDOM=$seed
most=8
echo "# seed $seed, $cycles cycles"

descriptors() { ls "/proc/$1/fd" | wc -l; }
resident_kb() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$1/status"; }
# the units that list shows, and those that watch takes for attached: the last it told of each
listed() {
	flashmend list --json </dev/null | jq -r 'select(.usb_path != "" and .state != "AWAY") | "\(.serial) \(.usb_path)"' | sort
}
believed() {
	jq -rs 'map(select(.usb_path != "")) | group_by(.serial) | map(last | select(.event != "left") | "\(.serial) \(.usb_path)") | .[]' \
		"$work/watch" | sort
}
# agree N: both know the same N units
agree() {
	listed >"$work/listed"
	believed >"$work/believed"
	[ "$(wc -l <"$work/listed")" = "$1" ] && cmp -s "$work/listed" "$work/believed"
}
agree_soon() {
	local i
	for ((i = 0; i < 15; i++)); do
		agree "$1" && return 0
		sleep 0.3
	done
	diff "$work/listed" "$work/believed"
	return 1
}
# What is attached is not attached again before it has left, and what has left does not leave.
consistent() {
	jq -r 'select(.usb_path != "") | "\(.serial) \(.event)"' "$work/watch" | awk '
		$2 == "attached" { if (here[$1]) { print "again:", $0, "line", NR; bad = 1 } here[$1] = 1 }
		$2 == "changed" || $2 == "returned" { if (!here[$1]) { print "not there:", $0, "line", NR; bad = 1 } }
		$2 == "left" { if (!here[$1]) { print "not there:", $0, "line", NR; bad = 1 } here[$1] = 0 }
		END { exit bad }'
}
toggle() { kill -RTMIN "${pids[$1]}"; }
exec 9<> <(:)
# pause MS: up to so long, without a program to start for it
pause() { local text; printf -v text '0.%03d' $((RANDOM % $1)); read -rt "$text" -u 9; }
# in $now, of the clock that udev's monitor uses
uptime_ms() { local up; read -r up _ </proc/uptime; now=${up/./}0; }

start_watch() {
	flashmend watch --json >"$work/watch" 2>"$work/watch.err" </dev/null &
	watcher=$!
	units+=($watcher)
}
start_watch
pids=() inside=()
for ((n = 0; n < most; n++)); do
	start "unit$n" flashmend-sim dfuse --serial=SOAK-$n
	pid=pid_unit$n
	pids[n]=${!pid} inside[n]=1
done
ok "eight units" agree_soon $most
# a round before measuring: what is allocated once is there then
for ((n = 0; n < most; n++)); do toggle $n; done
sleep 0.5
for ((n = 0; n < most; n++)); do toggle $n; done
ok "all out, all in" agree_soon $most
descriptors_before=$(descriptors $watcher)
kb_before=$(resident_kb $watcher)

uptime_ms
began=$now
for ((plugged = 0; plugged < cycles && now - began < limit_ms;)); do
	n=$((RANDOM % most))
	toggle $n
	inside[n]=$((1 - inside[n]))
	plugged=$((plugged + inside[n]))
	pause 220
	uptime_ms
done
for ((n = 0; n < most; n++)); do
	[ ${inside[n]} = 1 ] || toggle $n
done
echo "# put in again $plugged times within $((now - began)) ms"
ok "put in again often enough to tell something" [ $plugged -ge 20 -o $plugged = $cycles ]
ok "none is lost" agree_soon $most
echo "# watch told of $(grep -c '"attached"\|"returned"' "$work/watch") arrivals; who is pulled early, the kernel itself never saw"

# pulled while the kernel asks it what it is
uptime_ms
began=$now
for ((n = 0; n < 20 && now - began < limit_ms / 5; n++)); do
	toggle 0
	wait_for off_bus "$(sed -n 's/^ready //p' "$work/unit0.log" | tail -n 1)"
	toggle 0
	pause 40
	toggle 0
	pause 20
	toggle 0
	pause 200
	uptime_ms
done
echo "# pulled $n times while it was enumerated"
ok "pulled while it is enumerated: none is lost" agree_soon $most
ok "what watch told holds together" consistent

descriptors_after=$(descriptors $watcher)
kb_after=$(resident_kb $watcher)
echo "# watch: descriptors $descriptors_before, then $descriptors_after; memory $kb_before kB, then $kb_after kB"
ok "watch holds no more descriptors" [ "$descriptors_after" -le "$descriptors_before" ]
[ -n "${FM_SOAK_ASAN-}" ] || ok "nor memory" [ "$((kb_after - kb_before))" -le 1024 ]

# from the kernel's own "add" to watch's line
udevadm monitor --kernel --subsystem-match=usb/usb_device >"$work/monitor" 2>/dev/null &
monitor=$!
units+=($monitor)
wait_for grep -q '^KERNEL' "$work/monitor"
worst=0
last_is() { [ "$(grep '"SOAK-1"' "$work/watch" | tail -n 1 | jq -r .event)" = "$1" ]; }
for ((n = 0; n < 3; n++)); do
	toggle 1
	wait_for last_is left
	lines=$(wc -l <"$work/watch")
	toggle 1
	for ((i = 0; i < 200; i++)); do
		uptime_ms
		[ "$(wc -l <"$work/watch")" -gt "$lines" ] && break
		sleep 0.02
	done
	added=$(sed -n 's/^KERNEL\[\([0-9]*\)\.\([0-9]\{3\}\).*\] add .*/\1\2/p' "$work/monitor" | tail -n 1)
	took=$((now - added))
	echo "# shown $took ms after the kernel added it"
	[ $took -le $worst ] || worst=$took
done
echo "# at worst $worst ms; the bench measures it"

for ((n = 0; n < most; n++)); do stop "unit$n"; done
ok "none is left" agree_soon 0
kill -INT $watcher
wait $watcher
ok "watch ends well" [ $? = 0 ]
ok "and complained of nothing" eval 'cat "$work/watch.err"; [ ! -s "$work/watch.err" ]'
done_testing
