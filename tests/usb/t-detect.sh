#!/bin/bash
# Units on a real kernel's USB as list and watch show them: modes, ports, places, and how soon.
. "${FM_SRC:?}/tests/usb/lib.sh"

only_gateway
lines() { [ "$(grep -c "^$1 " "$work/watch")" = "$2" ] || { cat "$work/watch"; return 1; }; }
as_nobody() {
	setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/tmp XDG_STATE_HOME=/tmp XDG_DATA_HOME=/tmp \
		XDG_CONFIG_HOME=/tmp "$build/flashmend" "$@" >"$work/out" 2>"$work/err"
}
chmod -R a+rX "$work"

flashmend watch >"$work/watch" 2>"$work/watch.err" </dev/null &
watcher=$!
units+=($watcher)

# one unit with a serial port
sim_usb app touch --kind=none --serial=GW-1
ok "list" fm 0 list --json
ok "one row" field length 1
ok "its model" field '.[0].models[0]' gateway
ok "READY" field '.[0].state' READY
ok "its mode" field '.[0].mode' app
ok "its port" field '.[0].port' /dev/ttyACM0
ok "its place" field '.[0].usb_path' "${app_path[0]}"
ok "its serial number" field '.[0].serial' GW-1
ok "its ids" field '.[0] | "\(.vid) \(.pid)"' "9025 32822"
ok "its version" field '.[0].version | test("^[0-9]+[.][0-9][0-9]$")' true
ok "watch told of it" told "^attached +READY +gateway +app +.*GW-1 .*/dev/ttyACM0"
ok "list for an ordinary user" as_nobody list
ok "says that he may not open it" said out "^DENIED .*/dev/ttyACM0"
sim_stop app
ok "watch tells when it has left" told "^left .*GW-1"
ok "nothing is listed" fm 0 list --json
ok "(nothing)" field length 0

# a change of mode
sim_usb mode touch --kind=none --serial=GW-2 --stay=1500 --absent=300 into dfuse --serial=0123456789AB
ok "in its application" told "^attached .*GW-2"
ok "then in ROM, as the same unit" told "^changed +ROM +gateway +rom +.*0123456789AB +usb ${mode_path[0]}"
ok "it did not leave" lines left 1
ok "list by place" fm 0 list --json
ok "has it in ROM" field '.[0] | "\(.state) \(.port) \(.mode)"' "ROM usb ${mode_path[0]} rom"
kill -RTMIN "$pid_mode"
ok "a pulled cable" told "^left .*0123456789AB"
sim_stop mode

# two with the same serial number
sim_usb two dfuse --count=2 --serial=SAME
both_ready() { [ "$(grep -c '^ready' "$work/two.log")" = 2 ]; }
wait_for both_ready
mapfile -t two_path <<<"$(sed -n 's/^ready //p' "$work/two.log")"
wait_for on_bus "${two_path[1]}"
ok "two rows" fm 0 list --json
ok "(two)" field length 2
ok "none of them is the first" fm 5 info -d serial:SAME
ok "both are named" said err "usb ${two_path[0]}, usb ${two_path[1]}"
ok "nor without a selector" fm 5 info
sim_stop two

# from plug to shown, beyond the kernel's own enumeration; the bench measures it
for round in 1 2 3; do
	sim_usb quick dfuse --serial=Q-$round
	came_ns=$(date +%s%N)
	ok "watch shows it" told "^attached .*Q-$round"
	took_ms=$((($(date +%s%N) - came_ns) / 1000000))
	echo "# shown $took_ms ms after the kernel and udev were done"
	sim_stop quick
done

kill -INT $watcher
wait $watcher
ok "Ctrl-C ends watch" test $? = 0
ok "it said nothing else" test ! -s "$work/watch.err"
done_testing
