#!/bin/bash
# The demo: real firmware, the real Optiboot of an Arduino Uno, an ATmega328P in simavr. demo.sh BUILD-FOLDER
set -u
build=$(cd "${1:?build folder}" && pwd)
src=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d /tmp/flashmend-demo.XXXX)
PATH=$build:$PATH
export XDG_STATE_HOME=$work/state XDG_DATA_HOME=$work/data XDG_CONFIG_HOME=$work/config
export FLASHMEND_DEVICES=$src/devices
port=$work/ttyDEMO
failures=0

cleanup() {
	kill "$unit" 2>/dev/null
	wait "$unit" 2>/dev/null
	rm -rf "$work"
}
trap cleanup EXIT

title() { printf '\n\n##### %s\n' "$*"; }

# run EXIT ARGUMENTS...: show the command, run it, and say when it did not end as it should
run() {
	local wanted=$1 got
	shift
	printf '\n$ flashmend %s\n' "$*" | sed "s|$work/||g; s|$build/||g"
	if [ -t 1 ]; then # a person watches: the live display
		flashmend "$@" </dev/null
		got=$?
	else
		flashmend "$@" 2>&1 </dev/null | sed -u "s|$work/||g; s|$build/||g"
		got=${PIPESTATUS[0]}
	fi
	[ "$got" -eq "$wanted" ] && return
	echo "*** exit $got, expected $wanted"
	failures=$((failures + 1))
}

wait_for() {
	local i
	for ((i = 0; i < 200; i++)); do
		"$@" && return 0
		sleep 0.05
	done
	return 1
}

mkdir -p "$XDG_DATA_HOME/flashmend/devices"
cp "$src/tests/real/flashmend-demo.xml" "$XDG_DATA_HOME/flashmend/devices/"
boot=$(find /usr/share/arduino -name optiboot_atmega328.hex | head -n 1)
[ -n "$boot" ] || { echo "optiboot_atmega328.hex is not there: install arduino-core-avr" >&2; exit 1; }
old=$build/tests/real/app/demo-m328p-1.0.0.hex
new=$build/tests/real/app/demo-m328p-1.1.0.hex

: >"$work/unit.log"
"$build/tests/real/avr-unit" --boot "$boot" --application "$old" --link "$port" \
	--flash "$work/flash.bin" --control "$work/control" >>"$work/unit.log" 2>&1 &
unit=$!
wait_for grep -q '^ready' "$work/unit.log" || { cat "$work/unit.log"; exit 1; }

title "A unit is attached: an ATmega328P with Optiboot, running firmware 1.0.0"
run 0 ports add "$port" flashmend-demo
run 0 list
run 0 info
title "Is 1.1.0 for this unit? What would be done?"
run 0 check "$new"
run 0 flash --dry-run "$new"
title "Upgrade to 1.1.0: written, read back, restarted, asked"
run 0 flash --yes "$new"
run 0 list
run 0 history show 1
title "Now the power fails at 50 % of a write"
echo "cut-after 17000" >"$work/control"
run 13 flash --yes "$old"
run 0 list
title "Power is back. The same command again brings the unit back"
echo "power on" >"$work/control"
wait_for test -e "$port"
run 0 flash --yes "$old"
run 0 history list
run 0 history verify

[ "$failures" -eq 0 ] && printf '\nThe demo ended as it should.\n'
exit "$failures"
