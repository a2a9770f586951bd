#!/bin/bash
# flashmend has no secrets of its own: it asks for none, and signatures are checked with public keys. What a definition's
# <send> says to a unit can be one, a password of its application: it goes to the unit, and nowhere else but into a trace,
# which holds all that was sent (doc/trace.md says so).
. "${FM_SRC:?}/tests/lib.sh"
. "${FM_SRC:?}/tests/tui/lib.sh"

secret=tr0ub4dor-and-3
devices=$XDG_DATA_HOME/flashmend/devices
mkdir -p "$devices"
sed "s|<send text=\"BOOT.n\"/>|<send text=\"LOGIN $secret\\\\n\"/><wait ms=\"20\"/><discard/>&|" \
	"$src/tests/unit/job/devices/sim.xml" >"$devices/sim.xml"
ok "the definition holds it" grep -q "LOGIN $secret" "$devices/sim.xml"
plug() { start unit flashmend-sim stm32 --application --no-reset-line --link "$work/unit" --flash "$work/flash.bin" --fast "$@"; }
vectors "$work/fw.bin" 4096
printf 'fm-sim-version=1.0.0\0' | dd of="$work/fw.bin" bs=1 seek=1024 conv=notrunc status=none
cp "$work/fw.bin" "$work/flash.bin"
plug --pid 0x410
flashmend ports add "$work/unit" sim-board
objcopy -I binary -O ihex --change-addresses 0x08000000 "$work/fw.bin" "$packages/app.hex"

# nowhere FILE...: it is in none of them, not even as hexadecimal
nowhere() {
	local file hex
	hex=$(printf %s "$secret" | od -An -tx1 | tr -d ' \n')
	[ $# -gt 0 ] || return 1
	for file; do
		[ -s "$file" ] || { echo "$file is empty"; return 1; }
		! grep -aq -e "$secret" "$file" || { echo "it is in $file"; return 1; }
		! tr -d ' \n' <"$file" | grep -aiq "$hex" || { echo "it is in $file, in hexadecimal"; return 1; }
	done
}
# What ps shows of a program, and of its environment, as long as it runs.
watch_process() { # PID
	while cat "/proc/$1/cmdline" "/proc/$1/environ" "/proc/$1"/task/*/comm 2>/dev/null; do sleep 0.05; done >>"$work/process"
}

flashmend flash -d "$work/unit" -f "$packages/app.hex" -y -v --json --log-file="$work/log" --trace="$work/trace" \
	>"$work/out" 2>"$work/err" </dev/null &
job=$!
watch_process $job
wait $job
ok "a unit is written: PASS" grep -q '"PASS"' "$work/out"
ok "the unit was sent it: the trace shows it" eval 'nowhere "$work/trace" | grep "it is in"'
ok "no other may read the trace" test "$(stat -c %a "$work/trace")" = 600
ok "it is in no output" nowhere "$work/out" "$work/err"
ok "nor in the log" nowhere "$work/log"
ok "nor in the process list" nowhere "$work/process"
fm 0 history list --json
cp "$work/out" "$work/list"
fm 0 history show 1
cp "$work/out" "$work/show"
fm 0 history export
ok "nor in the records" nowhere "$work/list" "$work/show" "$work/out" "$XDG_STATE_HOME"/flashmend/records*

# an error on the way
stop unit
plug --pid 0x414
flashmend flash -d "$work/unit" -f "$packages/app.hex" -y -v --log-file="$work/log2" >"$work/out" 2>"$work/err" </dev/null
ok "of another chip: not written" grep -q '^RESULT [NF]' "$work/out"
ok "it is in no message of that" nowhere "$work/out" "$work/err" "$work/log2"
stop unit
cp "$work/fw.bin" "$work/flash.bin"
plug --pid 0x410

open_screen 132 43
tmux -L "$mux" pipe-pane -t fm "cat >$work/bytes"
shows '^.READY.*unit' 40 >/dev/null
press Home Enter
shows 'Details' 20 >/dev/null
press i
ok "the screens: asked" shows 'unique-id' 50
press f
shows '\[1 Firmware\]' 20 >/dev/null
press Enter
ok "checked" shows 'READY(:|, with)' 50
press F
shows 'last four characters:' 50 && press 8 7 8 e Enter
ok "PASS" shows '\*\*\* PASS \*\*\*' 200
press 3
shows '3 History\]' 20 >/dev/null
press 5
shows '5 Log\]' 20 >/dev/null
ok "it was on no screen" nowhere "$work/bytes"
done_testing
