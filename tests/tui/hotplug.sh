#!/bin/bash
# Units come and go: no row is left behind, and the selection stays with its unit.
. "${FM_SRC:?}/tests/lib.sh"
. "${FM_SRC:?}/tests/tui/lib.sh"

start three flashmend-sim stm32 --count 3 --link "$work/port" --pid 0x410 --fast
for i in 1 2 3; do
	flashmend ports add "$work/port-$i" stm32f103x8
done
open_screen 80 24
ok "three units" shows '^.READY .*port-3' 30
rows() { screen | grep -c '^.READY '; }
press Home
until seen '^>READY.*port-2'; do press Down; sleep 0.1; done
target=$(readlink "$work/port-1")
ok "attach and detach 50 times in 5 s" bash -c "
	for i in \$(seq 50); do
		rm $work/port-1
		sleep 0.045
		ln -s $target $work/port-1
		sleep 0.045
	done"
ok "all three are there" shows '^.READY .*port-1' 30
ok "once each" wait_for eval '[ "$(rows)" -eq 3 ]'
ok "none is left over" wait_for eval '! seen "^.LEFT"'
ok "the selection is on the same unit" seen '^>READY.*port-2'
ok "the cursor, too" cursor_on 'port-2'

# The selected unit itself leaves and comes back.
target=$(readlink "$work/port-2")
rm "$work/port-2"
ok "the selected unit left" shows '^>LEFT .*port-2' 30
ln -s "$target" "$work/port-2"
ok "it is the same one when it comes back" shows '^>READY .*port-2' 30
done_testing
