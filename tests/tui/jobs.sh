#!/bin/bash
# Several units at once: each job has its own progress, and the screens stay cheap.
. "${FM_SRC:?}/tests/lib.sh"
. "${FM_SRC:?}/tests/tui/lib.sh"

start bench flashmend-sim stm32 --count 8 --link "$work/unit" --pid 0x410
for i in 1 2 3 4 5 6 7 8; do
	flashmend ports add "$work/unit-$i" stm32f103x8
done
vectors "$work/fw.bin" 49152
objcopy -I binary -O ihex --change-addresses 0x08000000 "$work/fw.bin" "$packages/app.hex"

ticks() { awk '{ print $14 + $15 }' "/proc/$(pid)/task/$(pid)/stat"; }
# at_most PERCENT: of a core, by the thread that draws, in 4 s
at_most() {
	local before used
	before=$(ticks)
	sleep 4
	used=$((($(ticks) - before) * 100 / (4 * $(getconf CLK_TCK))))
	echo "# $used %"
	[ "$used" -le "$1" ]
}
begin() { # NUMBER
	press 1
	shows '\[1 Devices\]' 20 && press Home || return 1
	local i
	for ((i = 0; i < 10; i++)); do
		! cursor_line "unit-$1" || break
		press Down
		sleep 0.15
	done
	press f
	shows '\[1 Firmware\]' 20 && press Enter && shows 'READY, with warnings' 50 && press F &&
		shows 'last four characters' 20 && press 8 7 8 e Enter && shows 'DO NOT UNPLUG.* unit-'"$1" 30
}

open_screen 80 32
ok "eight units" shows '^.READY .*unit-8' 30
sleep 1
ok "idle: at most 2 % of a core" at_most 2
for i in 1 2 3 4 5 6 7 8; do
	ok "job $i" begin "$i"
done
press Tab
ok "Tab goes to another job" bash -c "sleep 0.3; ! tmux -L $mux capture-pane -p -t fm | grep -q 'DO NOT UNPLUG.* unit-8'"
press 1
ok "each has its own line" bash -c "sleep 0.5; test \$(tmux -L $mux capture-pane -p -t fm | grep -c 'total .* %') -ge 6"
ok "they run: at most 5 % of a core" at_most 5
ok "all pass" shows ' 9 attached: 8 ready, 0 busy| 8 attached: 8 ready, 0 busy' 600
ok "all are recorded" bash -c "test \$(flashmend history list --json | grep -c '\"result\":\"PASS\"') -eq 8"
done_testing
