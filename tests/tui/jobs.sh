#!/bin/bash
# Several units at once: each job has its own progress, and the screens stay cheap.
. "${FM_SRC:?}/tests/lib.sh"
. "${FM_SRC:?}/tests/tui/lib.sh"

start bench flashmend-sim stm32 --count 8 --link "$work/unit" --pid 0x410
for i in 1 2 3 4 5 6 7 8; do
	flashmend ports add "$work/unit-$i" stm32f103x8
done
vectors "$work/fw.bin" 122880 # some 25 s a unit, so that all still run when the last has begun
objcopy -I binary -O ihex --change-addresses 0x08000000 "$work/fw.bin" "$packages/app.hex"

# nanoseconds on a processor
spent() { # THREAD...
	local thread sum=0 ns
	for thread; do
		read -r ns _ <"/proc/$(pid)/task/$thread/schedstat" 2>/dev/null && sum=$((sum + ns))
	done
	echo $sum
}
threads() { ls "/proc/$(pid)/task"; }
# at_most PERCENT THREAD...: of a core, in 4 s
at_most() {
	local most=$1 before used
	shift
	before=$(spent "$@")
	sleep 4
	used=$((($(spent "$@") - before) / 4000000))
	echo "# $((used / 10)).$((used % 10)) % of a core, $# threads" >&4
	[ "$used" -gt 0 ] && [ "$used" -le $((most * 10)) ]
}
running() { screen | grep -c 'total .* %'; }
# What is sent to the terminal in 4 s, in bytes a second; the whole screen would be 2560 cells, as often as it is drawn.
sent_at_most() { # BYTES
	local bytes
	tmux -L "$mux" pipe-pane -t fm "cat >$work/bytes"
	sleep 4
	tmux -L "$mux" pipe-pane -t fm
	bytes=$(($(stat -c %s "$work/bytes") / 4))
	echo "# $bytes bytes a second" >&4
	[ "$bytes" -gt 0 ] && [ "$bytes" -le "$1" ]
}
begin() { # NUMBER
	press 1
	shows '\[1 Devices\]' 20 && press Home && wait_for eval '[ "$(cursor_at)" = 4 ]' || return 1
	local i row
	for ((i = 0; i < 10; i++)); do
		! cursor_line "unit-$1" || break
		row=$(cursor_at)
		press Down
		wait_for eval '[ "$(cursor_at)" != "$row" ]' || return 1
	done
	press f
	shows '\[1 Firmware\]' 20 && press Enter && shows 'READY, with warnings' 50 && confirm F &&
		shows 'DO NOT UNPLUG.* unit-'"$1" 30
}

open_screen 80 32
ok "eight units" shows '^.READY .*unit-8' 30
sleep 1
ok "idle: at most 2 % of a core" at_most 2 $(threads)
ok "a redraw writes only changed cells" sent_at_most 500
for i in 1 2 3 4 5 6 7 8; do
	ok "job $i" begin "$i"
done
press Tab
ok "Tab goes to another job" wait_for eval '! seen "DO NOT UNPLUG.* unit-8"'
press 1
ok "each has its own line" wait_for eval '[ "$(running)" -eq 8 ]'
ok "they run: at most 5 % of a core" at_most 5 "$(pid)" # the thread that draws
ok "only changed cells are written, then, too" sent_at_most 4000
ok "all ran meanwhile" test "$(running)" -eq 8
ok "all pass" shows ' 9 attached: 8 ready, 0 busy| 8 attached: 8 ready, 0 busy' 600
ok "all are recorded" bash -c "test \$(flashmend history list --json | grep -c '\"result\":\"PASS\"') -eq 8"
done_testing
