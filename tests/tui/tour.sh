#!/bin/bash
# Write doc/tour.md anew from screens as they really are: tour.sh SOURCE-FOLDER BUILD-FOLDER >doc/tour.md. It ends with 1, and
# says so, when a screen did not come.
export FM_SRC=${1:?source folder} FM_BUILD=${2:?build folder}
exec 3>&1 >/dev/null
. "$FM_SRC/tests/lib.sh"
# Ports' names with few letters, so that they can be read whole.
rm -r "$work"
live_in "$(mktemp -d /tmp/XXXX)"
. "$FM_SRC/tests/tui/lib.sh"
command -v gcab >/dev/null || { echo "gcab is not installed" >&2; exit 1; }
# As delivered: with a backup before each job.
rm "$XDG_CONFIG_HOME/flashmend/config.json"

say() { printf '%s\n' "$@" >&3; }
show() {
	say '' '```'
	screen | sed "s|$work|/tmp/sims|g; s|${work:0:8}…|/tmp/sim…|; s|${work:0:7}…|/tmp/si…|; s|${work:0:6}…|/tmp/s…|" >&3
	say '```' ''
}
# until PATTERN [TENTHS]: no tour without it
until_seen() {
	shows "$@" >&2 || exit 1
	sleep 0.2
}
# choose PATTERN: the row of the devices
choose() {
	local i
	press 1
	until_seen '\[1 Devices\]'
	until_seen "^.[A-Z!*]+ .*$1" 100
	press Home
	for ((i = 0; i < 10; i++)); do
		sleep 0.2
		! cursor_line "$1" || return 0
		press Down
	done
	echo "no row '$1'" >&2
	exit 1
}

# --- the bench: two valves, one of them left half written, and an STM32 that says nothing about itself
guid=84f40464-9272-4ef7-9399-cd95f12da696
define valve.xml <<END
<board id="acme-valve" vendor="ACME" name="Valve">
  <package guid="$guid"/>
  <loader name="STM32 system boot loader, 115200 baud 8E1" protocol="stm32-uart" chip="stm32f10x-md">
    <serial baud="115200" framing="8E1"/>
    <enter tries="3"><send text="BOOT\n"/><wait ms="20"/><discard/></enter>
    <region name="flash" space="flash" base="0x08000000" size="30K" erase="1K" write="256" access="write"/>
    <region name="settings" space="flash" base="0x08007800" size="2K" erase="1K" first-block="30" write="256" access="config"/>
  </loader>
  <question baud="115200" framing="8N1" send="V\n" expect="fm-sim ([0-9.]+)" group="1" repeat-ms="200" within-ms="1000">
    <in-image pattern="fm-sim-version=([0-9.]+)" group="1"/>
  </question>
</board>
END
# firmware VERSION: v1.bin, v1.hex
firmware() {
	vectors "$work/v$1.bin" 24000 "$1"
	printf "fm-sim-version=$1.0.0\0" | dd of="$work/v$1.bin" bs=1 seek=1024 conv=notrunc status=none
	objcopy -I binary -O ihex --change-addresses 0x08000000 "$work/v$1.bin" "$work/v$1.hex"
}
# package NAME VERSION GUID FIRMWARE
package() {
	mkdir "$work/pack" && cp "$4" "$work/pack/firmware.hex"
	cat >"$work/pack/valve.metainfo.xml" <<-END
		<component type="firmware">
		  <id>com.example.valve</id>
		  <name>Valve</name>
		  <developer_name>ACME</developer_name>
		  <provides><firmware type="flashed">$3</firmware></provides>
		  <releases>
		    <release version="$2" date="2026-01-31" urgency="high">
		      <description><p>Closes slowly: no more water hammer.</p><p>The settings of 1.0.0 stay as they are.</p></description>
		      <checksum filename="firmware.hex" target="content">$(sha256sum "$4" | cut -d' ' -f1)</checksum>
		    </release>
		  </releases>
		  <custom><value key="LVFS::VersionFormat">triplet</value></custom>
		</component>
	END
	(cd "$work/pack" && gcab -c -z "$packages/$1" valve.metainfo.xml firmware.hex >/dev/null)
	rm -r "$work/pack"
}
firmware 1
firmware 2
cp "$work/v1.hex" "$packages/valve-1.0.0.hex"
package valve-2.0.0.cab 2.0.0 $guid "$work/v2.hex"
package pump-2.0.0.cab 2.0.0 2fa8891f-3ece-53a4-adc4-0dd875685f30 "$work/v2.hex"
head -c 500 "$work/v2.hex" >"$packages/torn.hex"
plug() { # NAME [OPTION]...
	local name=$1
	shift
	[ -e "$work/$name.flash" ] || cp "$work/v1.bin" "$work/$name.flash"
	start "$name" flashmend-sim stm32 --application --no-reset-line --link "$work/$name" --pid 0x410 --flash "$work/$name.flash" "$@"
}
plug ttyUSB0
plug ttyUSB1 --unique=2
start ttyUSB2 flashmend-sim stm32 --link "$work/ttyUSB2" --pid 0x410
flashmend ports add "$work/ttyUSB0" acme-valve
flashmend ports add "$work/ttyUSB1" acme-valve
flashmend ports add "$work/ttyUSB2" stm32f103x8
flashmend flash -y -d "$work/ttyUSB1" -f "$packages/valve-2.0.0.cab" >"$work/half" 2>&1 </dev/null &
half=$!
wait_for grep -q '^write [1-9]' "$work/half" || { cat "$work/half" >&2; exit 1; }
kill -KILL $half
wait $half 2>/dev/null

# --- the tour
say '# A tour of the screens' '' 'Made by `tests/tui/tour.sh` from the screens as they are, on simulated units: two valves with an STM32, and an' \
	'STM32 alone.' '' '## What is attached' \
	'`flashmend` on a terminal shows it; nothing is opened for that. The first column is the state, and the line below a row says' \
	'what can be done about it. Here the flashmend before was killed while it wrote a unit: that is said until it is put right.'
open_screen 80 24
until_seen '^.RESCUE! .*ttyUSB1'
choose ttyUSB0
show
say '## One unit' 'Enter: what is known of the unit, and from where. `i` has asked it.'
press Enter
until_seen 'not asked yet'
press i
until_seen 'unique-id'
show
say '## A firmware file' \
	'`f`: the files, images and packages. `c` has asked the unit about the first package: it is another model'"'"'s. What is blocked' \
	'stays listed, with the reason in two columns.'
press f
until_seen '1 Firmware\]'
press Home
for row in 1 2 3 4; do
	! cursor_line 'pump-2' || break
	press Down
	sleep 0.3
done
press c
until_seen '^>BLOCKED'
show
say 'The package for this unit fits.'
press End c
until_seen '^>(FITS|WARN) .*valve-2'
show
say '`n`: its release notes.'
press n
until_seen ' Notes '
show
press q
until_seen '1 Firmware\]'
say '`x`: how it is done, as the options of the command line say it, and who says so. Enter changes one, `d` takes it back.'
press x
until_seen '> Options'
show
press Escape
until_seen '1 Firmware\]'
say '## Before it is written' \
	'Enter: the checks, repeated every second, and the plan: what is erased, what is written, what is kept. Nothing is written' \
	'before the capital F.'
press Enter
until_seen 'READY(:|, with)' 100
show
say '## It is written' 'The map shows each part of the memory as it is now.'
press F
sleep 0.3
! seen 'last four characters:' || press 8 7 8 e Enter
until_seen '6 write .*[3-6][0-9] %' 300
show
say 'Other units can be looked at, and written, meanwhile.'
press 1
until_seen 'DO NOT UNPLUG'
show
press p
until_seen '\*\*\* PASS' 300
say 'One verdict: what was proved, and what was not.'
show
say '## The way back' 'In the details of the unit `u` plans to bring back the firmware that was there before, from the backup of the last job.'
choose ttyUSB0
press Enter
until_seen 'Details'
press u
until_seen 'READY: U' 100
show
say 'U asks for the end of the number of the unit. Enter alone, or the whole number from a scanner, does nothing.'
press U
until_seen 'last four characters:'
press 8 7 8 e
sleep 0.3
show
press Enter
until_seen '\*\*\* PASS' 300
say '## The records' '3: each job with its result, and below what is known of the selected one.'
press 3
until_seen '^> .*rollback +PASS'
show
say 'Enter plans to restore the backup that this job has made.'
press Enter
until_seen 'READY: R' 100
show
say '## A unit that was left half written' 'Its row says so. It is flashed like any other; whoever overrides a warning types the end of its number.'
choose ttyUSB1
press f
until_seen '1 Firmware\]'
press End Enter
until_seen 'READY(:|, with)' 100
show
press F
sleep 0.5
if seen 'last four|Type|type'; then
	show
	end=$(flashmend history list --json --limit 50 | jq -r 'select(.port | endswith("ttyUSB1")) | .unit' | grep . | tail -n 1)
	press "${end: -4}" Enter
fi
until_seen '\*\*\* PASS' 400
show
say '## Something goes wrong' 'This unit was pulled out while it was written.'
choose ttyUSB2
press f
until_seen '1 Firmware\]'
press Home
for row in 1 2 3 4 5; do
	! cursor_line 'valve-1' || break
	press Down
	sleep 0.3
done
press Enter
until_seen 'READY(:|, with)' 100
press F
until_seen 'last four characters:'
press 8 7 8 e Enter
until_seen '6 write .*[3-6][0-9] %' 300
kill -KILL "$pid_ttyUSB2"
until_seen '\*\*\* (FAIL|UNCLEAR)' 100
show
say 'Units that left stay in the list for half a minute.'
press 1
until_seen '^.LEFT'
show
say '## Files, log and help' '4: the files.'
press 4
until_seen '4 Library\]'
press End
sleep 0.3
show
say '5: the log. `e` shows only warnings and errors, `/` those with a text.'
press 5
until_seen '5 Log\]'
show
say '?: the keys of the screen below.'
press 1
until_seen '1 Devices\]'
press '?'
until_seen 'Keys of'
show
press q
until_seen '\[1 Devices\]'
say '## Other terminals' 'A terminal that is too small says so, and what must be known all the same.'
choose ttyUSB0
press f
until_seen '1 Firmware\]'
press End Enter
until_seen 'READY(:|, with)' 100
press F
sleep 0.3
! seen 'last four characters:' || press 8 7 8 e Enter
until_seen 'DO NOT UNPLUG' 100
until_seen '6 write' 200
tmux -L "$mux" resize-window -t fm -x 50 -y 8
until_seen 'too small'
show
tmux -L "$mux" resize-window -t fm -x 80 -y 24
until_seen '\*\*\* PASS' 400
say 'From 110 columns the details stand beside the list, and from 40 rows the log below.'
tmux -L "$mux" resize-window -t fm -x 132 -y 40
press 1
until_seen '^>READY .*ttyUSB0'
show
press q
until_seen '^EXIT=0'
say 'In a locale without UTF-8, or with `--ascii`:'
open_screen 80 24 LC_ALL=C LANG=C
until_seen '^.READY .*ttyUSB0'
choose ttyUSB0
show
press q
until_seen '^EXIT=0'
