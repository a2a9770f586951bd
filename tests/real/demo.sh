#!/bin/bash
# The demo: real firmware, the real ATmegaBOOT with its access to EEPROM, an ATmega328P in simavr. demo.sh BUILD-FOLDER
set -u
build=$(cd "${1:?build folder}" && pwd)
src=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d /tmp/flashmend-demo.XXXX)
PATH=$build:$PATH
export XDG_STATE_HOME=$work/state XDG_DATA_HOME=$work/data XDG_CONFIG_HOME=$work/config
export FLASHMEND_DEVICES=$src/devices
port=$work/ttyDEMO
library=$XDG_DATA_HOME/flashmend/packages
failures=0
. "$src/tests/real/packages.sh"

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
	printf '\n$ flashmend %s\n' "$*" | sed "s|$library/||g; s|$work/||g"
	if [ -t 1 ]; then # a person watches: the live display; else only the progress of writing
		flashmend "$@" </dev/null
		got=$?
	else
		flashmend "$@" 2>&1 </dev/null | sed -u "/^\(backup\|verify\) *[0-9]* %/d; s|$library/||g; s|$work/||g"
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

# settings: what the unit has in its EEPROM, not asked through flashmend
settings() {
	: >"$work/unit.log"
	echo save >"$work/control"
	wait_for grep -q '^saved' "$work/unit.log"
	printf '\nEEPROM of the unit: %s\n' "$(tr -d '\377' <"$work/eeprom.bin")"
	cmp -s "$work/eeprom.bin" "$work/eeprom.was" && return
	echo "*** the settings have changed"
	failures=$((failures + 1))
}

mkdir -p "$XDG_DATA_HOME/flashmend/devices" "$library"
cp "$src/tests/real/flashmend-demo.xml" "$XDG_DATA_HOME/flashmend/devices/"
boot=$(find /usr/share/arduino -name ATmegaBOOT_168_atmega328.hex | head -n 1)
[ -n "$boot" ] || { echo "ATmegaBOOT_168_atmega328.hex is not there: install arduino-core-avr" >&2; exit 1; }
guid=$(package_guid flashmend-pump)
package "$library/pump-1.0.0.cab" m328p-pump 1.0.0 "$guid"
package "$library/pump-1.1.0.cab" m328p-pump 1.1.0 "$guid"
package "$library/pump-2.0.0.cab" m328p-pump 2.0.0 "$guid" '<firmware compare="ge" version="1.1.0"/>'
{ printf 'site=Basel pump=7 calibration=1.0342'; head -c 988 /dev/zero | tr '\0' '\377'; } >"$work/eeprom.was"
cp "$work/eeprom.was" "$work/eeprom.bin"

: >"$work/unit.log"
"$build/tests/real/avr-unit" --boot "$boot" --application "$build/tests/real/app/demo-m328p-pump-1.0.0.hex" --link "$port" \
	--flash "$work/flash.bin" --eeprom "$work/eeprom.bin" --control "$work/control" >>"$work/unit.log" 2>&1 &
unit=$!
wait_for grep -q '^ready' "$work/unit.log" || { cat "$work/unit.log"; exit 1; }

title "A unit is attached: an ATmega328P with ATmegaBOOT, firmware 1.0.0, settings in its EEPROM"
run 0 ports add "$port" flashmend-pump
run 0 list
run 0 info
settings
title "Three packages are in the library. Is 2.0.0 for this unit? Not from 1.0.0: the way is offered"
run 0 package list
run 8 flash --yes "$library/pump-2.0.0.cab"
title "First 1.1.0: settings and firmware stored, written, read back, restarted, asked"
run 0 flash --dry-run "$library/pump-1.1.0.cab"
run 0 flash --yes "$library/pump-1.1.0.cab"
title "From there to 2.0.0"
run 0 flash --yes "$library/pump-2.0.0.cab"
run 0 list
run 0 history show 2
title "The old package again: a downgrade is BLOCKED"
run 8 flash --yes "$library/pump-1.0.0.cab"
title "Rollback to the firmware before, 1.1.0"
run 0 rollback --yes
title "All as it was before job 2: firmware 1.0.0, and its settings"
run 0 history backups
run 0 restore --yes 2
run 0 list
settings
title "Now the power fails at 50 % of a write"
echo "cut-after 5000" >"$work/control"
run 13 flash --yes "$library/pump-1.1.0.cab"
run 0 list
title "Power is back. The same command again brings the unit back, with its settings"
echo "power on" >"$work/control"
wait_for test -e "$port"
run 0 flash --yes "$library/pump-1.1.0.cab"
settings
title "All of it is recorded"
run 0 history list
run 0 history verify

[ "$failures" -eq 0 ] && printf '\nThe demo ended as it should.\n'
exit "$failures"
