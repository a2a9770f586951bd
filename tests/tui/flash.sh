#!/bin/bash
# A unit is flashed from the screens: nothing by accident, everything shown, one verdict.
. "${FM_SRC:?}/tests/lib.sh"
. "${FM_SRC:?}/tests/tui/lib.sh"

one_unit
open_screen 80 24
ok "the checks before writing" to_preflight
ok "the plan is shown" seen 'erase flash 0x08000000-0x08003fff'
press Enter Enter Enter Enter Enter
sleep 0.5
ok "Enter five times writes nothing" seen '\[2 Preflight\]'
tmux -L "$mux" resize-window -t fm -x 60 -y 12
shows 'too small' 20 >/dev/null
press F
ok "nothing is begun that cannot be seen" shows 'F does nothing here: make the terminal larger' 20
tmux -L "$mux" resize-window -t fm -x 80 -y 24
shows '\[2 Preflight\]' 20 >/dev/null
press F
ok "F asks, because there are warnings" shows 'last four characters:' 10
press Enter Enter
ok "Enter alone is no answer" shows 'nothing was done' 10
sleep 0.1
press F
shows 'last four characters:' 10 >/dev/null
press G X 2 - 0 0 4 1 8 7 7 Enter
ok "nor is what a scanner reads" shows 'nothing was done' 10
ok "nothing was recorded" test -z "$(records)"
tmux -L "$mux" send-keys -t fm -l 'F878'
press Enter
ok "nor does a capital letter count in a scan or a paste" shows 'F came among other keys' 10
ok "it asks nothing" lacks 'last four characters:'
sleep 0.1
confirm F
ok "the last four characters start it" shows 'DO NOT UNPLUG' 20

percent() { sed -n 's/^ Total .*\] *\([0-9]*\) %.*/\1/p' "$work/frame" | head -n 1; }
last=0 falls= frames=0
while screen >"$work/frame"; grep -q '\[3 Flash\]' "$work/frame"; do
	now=$(percent)
	[ -z "$now" ] || { [ "$now" -ge "$last" ] || falls="$falls $last>$now"; last=$now; frames=$((frames + 1)); }
	[ "${now:-0}" != 100 ] || falls="$falls 100-before-the-end"
	sleep 0.1
done
ok "the total never falls and is 100 % only at the end ($frames frames)" test -z "$falls" -a "$frames" -gt 5
ok "PASS" shows '\*\*\* PASS \*\*\*' 10
ok "safe to unplug" seen 'SAFE TO UNPLUG'
ok "what was proved" seen 'proved +16384 bytes by reading back'
ok "what was not" seen 'NOT TESTED +whether the application runs'
ok "recorded" bash -c "flashmend history list --json | head -n 1 | jq -e '.result == \"PASS\" and .unit == \"41484f565d646b727980878e\"'"
press 3
ok "and in the history" shows '^> +1 .*flash +PASS' 10
stop unit
ok "the unit has the file's bytes" cmp -n 16384 "$work/fw.bin" "$work/flash.bin"
press 1
ok "a unit that left is shown for a while" shows '^.LEFT ' 20

# more bytes, so that it is still written after so many
sim unit --pid 0x410 --flash "$work/flash.bin"
vectors "$work/long.bin" 49152
cp "$packages/app.hex" "$work/short.hex"
objcopy -I binary -O ihex --change-addresses 0x08000000 "$work/long.bin" "$packages/app.hex"
ok "the library is read anew" eval 'press 4 && shows "4 Library" 20 && press r && shows "13[0-9]\.[0-9] KiB .*app.hex" 20 && press 1'
ok "writing again" to_write
ok "the long file" shows 'Memory flash 0x08000000-0x0800BFFF' 20
resize_often() {
	local i
	for ((i = 0; i < 100; i++)); do
		tmux -L "$mux" resize-window -t fm -x $((i % 50 ? RANDOM % 300 + 1 : 1)) -y $((i % 50 ? RANDOM % 100 + 1 : 1)) || return 1
		sleep 0.02
	done
	tmux -L "$mux" resize-window -t fm -x 300 -y 100 && shows 'DO NOT UNPLUG|[*]{3} PASS' 20 &&
		tmux -L "$mux" resize-window -t fm -x 80 -y 24
}
ok "100 resizes from 1x1 to 300x100 while it writes" resize_often
ok "end in PASS" shows '\*\*\* PASS \*\*\*' 300
mv "$work/short.hex" "$packages/app.hex"
ok "and the short one again" eval 'press 4 && shows "4 Library" 20 && press r && shows "4[0-9]\.[0-9] KiB .*app.hex" 20'

press 1
ok "writing again" to_write
ok "it is under way" shows '6 write .* [1-9][0-9]? %' 30
kill -STOP "$pid_unit"
began=$(now_ms)
ok "a unit that stands still: said within 3 s" soon 3000 'No progress for [23] s'
ok "at the end of 5 s, too" soon 8000 'No progress for [5-9] s|\*\*\* (FAIL|UNCLEAR) \*\*\*'
kill -CONT "$pid_unit"
ok "it ends by itself" shows '\*\*\* (PASS|FAIL|UNCLEAR) \*\*\*' 300

press 1
ok "writing again" to_write
ok "half of it is written" shows '6 write .* (4[5-9]|5[0-9]) %' 50
kill -KILL "$pid_unit"
began=$(now_ms)
ok "a unit pulled at 50 %: said within 5 s" soon 5000 '\*\*\* (FAIL|UNCLEAR) \*\*\*'
ok "with its code" seen '^ *what +E[0-9]{3} '
ok "the record has it, too" bash -c "flashmend history list --json --limit 1 | jq -e '.result != \"PASS\" and .code > 0 and .unit_state == \"partial\"'"
ok "and what to do" seen 'KEEP IT CONNECTED|IT WAS UNPLUGGED: attach it'
sim unit --pid 0x410 --flash "$work/flash.bin"
press 1
ok "it is recognised when it comes back" shows '^.RESCUE! .*unit' 40
ok "and can be written" to_write
ok "PASS" shows '\*\*\* PASS \*\*\*' 200
done_testing
