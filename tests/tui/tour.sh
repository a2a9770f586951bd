#!/bin/bash
# Write doc/tour.md anew from screens as they really are: tour.sh SOURCE-FOLDER BUILD-FOLDER >doc/tour.md
export FM_SRC=${1:?source folder} FM_BUILD=${2:?build folder}
exec 3>&1 >/dev/null
. "$FM_SRC/tests/lib.sh"
. "$FM_SRC/tests/tui/lib.sh"

say() { printf '%s\n' "$@" >&3; }
show() {
	say '' '```'
	screen | sed "s|$work/*||g" >&3
	say '```' ''
}

one_unit
cp "$packages/app.hex" "$packages/app-older.hex"
echo 'not firmware' >"$packages/torn.hex"
start more flashmend-sim stm32 --count 2 --link "$work/ttyBENCH" --pid 0x410
flashmend ports add "$work/ttyBENCH-1" stm32f103x8
flashmend ports add "$work/ttyBENCH-2" stm32f103x8
open_screen 80 24

say '# A tour of the screens' '' 'Made by `tests/tui/tour.sh` from the screens as they are, on simulated STM32s.' '' \
	'`flashmend` on a terminal shows what is attached. Nothing is opened for that.'
shows '^.READY .*unit'
press Home
shows '^>READY .*unit'
show
say 'Enter: what is known of the unit, and from where. `i` has asked it.'
press Enter
shows 'not asked yet'
press i
shows 'unique-id'
show
say '`f`: the firmware files. `c` has asked the unit about the first one: each rule says what the file and what the unit says.'
press f
shows '1 Firmware'
press c
shows '^>WARN'
show
say 'x: how it is done, as the options of the command line say it, and who says so. Enter changes one, d takes it back.'
press x
shows '> Options'
show
press Escape
shows '1 Firmware'
say 'Enter: the checks before writing, repeated every second, and the plan. Nothing is written before the capital F.'
press Enter
shows 'READY, with'
show
say 'There was a warning, so F asks for the end of the number of the unit. Enter alone, or the whole number from a scanner, does nothing.'
press F
shows 'last four'
press 8 7 8 e
sleep 0.3
show
say 'It is written. The map shows each part of the memory as it is now.'
press Enter
shows '5 write .*[3-6][0-9] %'
show
say 'Other units go on meanwhile.'
press 1
shows 'DO NOT UNPLUG'
show
press p
shows 'PASS'
say 'One verdict: what was proved, and what was not.'
show
say '3: the records.'
press 3
shows '3 History'
show
say '4: the files.'
press 4
shows '4 Library'
press End
sleep 0.3
show
say '5: the log.'
press 5
shows '5 Log'
show
say '?: the keys of the screen below.'
press 1 '?'
shows 'Keys of'
show
press Escape
kill -KILL "$pid_more"
sleep 1
say 'Units that left stay for half a minute.'
press 1
sleep 0.5
show
