#!/bin/bash
# Without screens: numbered questions, a line for each thing, no cursor addressing.
. "${FM_SRC:?}/tests/lib.sh"
. "${FM_SRC:?}/tests/tui/lib.sh"

one_unit --fast
ok "without a terminal and a command: usage" fm 2
ok "which is said" said err '^usage: flashmend COMMAND'

ok "an option of a command without one" fm 2 --device /dev/null
open_screen 80 24 TERM=dumb -- --ui=tui
ok "--ui=tui where it cannot be: said" shows 'cannot show screens' 20
ok "usage" shows '^EXIT=2' 20

for how in "TERM=dumb" "TERM=no-such-terminal" "TERM=xterm -- --ui=plain"; do
	open_screen 100 40 $how
	ok "$how: the list has numbers" shows '^ *[0-9]+  READY .*unit' 30
	number=$(screen | sed -n 's/^ *\([0-9]*\)  READY .*/\1/p')
	press "$number" Enter
	ok "$how: choices" shows '3  flash a file' 20
	press q q q q Enter
	ok "$how: what is not there is said" shows "there is no 'qqqq'" 20
	press Enter
	ok "$how: back to the list" cursor_on 'q to leave:'
	press q Enter
	ok "$how: ends with 0" shows '^EXIT=0' 20
done

open_screen 100 60 TERM=dumb
tmux -L "$mux" pipe-pane -t fm "cat >$work/bytes"
ok "the list" choose_unit
press 3 Enter
shows 'Firmware file' 20 >/dev/null
press "$packages/app.hex" Enter
ok "it asks for the last four characters" shows 'last four characters' 50
press Enter
ok "Enter alone does nothing" shows 'E420' 20
press 3 Enter "$packages/app.hex" Enter
cursor_on 'to start:' >/dev/null
press 8 7 8 e Enter
ok "the right ones start" shows 'RESULT PASS' 100
vectors "$work/other.bin" 4096 7
objcopy -I binary -O ihex --change-addresses 0x08000000 "$work/other.bin" "$packages/other.hex"
press 4 Enter "$packages/other.hex" Enter
ok "the next command reads its own file" shows 'E412' 100
ok "no escape was sent" bash -c "! grep -qP '\e' $work/bytes"

open_screen 100 60 TERM=dumb LC_ALL=C LANG=C
tmux -L "$mux" pipe-pane -t fm "cat >$work/bytes"
ok "in the C locale: the list" choose_unit
press 3 Enter "$packages/other.hex" Enter
ok "and the question" shows 'last four characters' 50
ok "only ASCII" bash -c "test -s $work/bytes && ! grep -qP '[^\x00-\x7f]' $work/bytes"
done_testing
