#!/bin/bash
# The terminal UI on terminals of all kinds: start, end, keys, frames, colours.
. "${FM_SRC:?}/tests/lib.sh"
. "${FM_SRC:?}/tests/tui/lib.sh"

one_unit --fast
cp "$packages/app.hex" "$packages/second.hex"

# with what tmux, two shells and the looking take; the best of three, for the machine may do something else
in_time=no
for i in 1 2 3; do
	began=$(now_ms)
	open_screen 80 24
	soon 600 '^.READY .*unit' >/dev/null && in_time=yes && break
done
ok "the list is up within 0.6 s" test "$in_time" = yes
ok "the list comes up" shows '^.READY .*unit' 30
ok "the cursor is on the selected row" cursor_on '^>READY'
ok "the frame is drawn" seen '───'
press '?'
ok "help" shows "Keys of 'Devices'" 10
ok "the cursor is on a row of the help" cursor_on '^>'
esc_is_quick() { # the best of three, as above
	local i
	for i in 1 2 3; do
		press Escape
		sleep 0.15
		seen 'Keys of' || return 0
		sleep 1
		press '?'
		shows 'Keys of' 20 >/dev/null
	done
	return 1
}
ok "Esc closes it within 150 ms" esc_is_quick
for i in 1 2 3 4 5 6 7 8 9 10; do press Escape; done
sleep 0.3
ok "ten Esc do not quit" seen '\[1 Devices\]'
press Enter Escape Escape Escape Escape Escape Escape Escape Escape Escape Escape
sleep 0.3
ok "nor at once" eval "seen '\[1 Devices\]' && kill -0 $(pid)"
press 3
ok "history" shows '\[3 History\]' 10
press 4
ok "library" shows '\[4 Library\].*' 10
ok "the cursor is on the selected row" cursor_on '^>'
press Down
ok "and follows" cursor_on '^>.*second'
press o
ok "another folder is asked for" shows 'Folder:' 10
press x x Enter
ok "one that is not there is said, and the files stay" shows 'packagesxx: No such file' 10
ok "the files stay" seen 'second.hex'
press 5
ok "log" shows '\[5 Log\]' 10
ok "the cursor is on its newest line" cursor_on '^>'
press Tab
ok "Tab goes round" shows '\[1 Devices\]' 10
press Escape 1
ok "Esc and a digit is a function key: F1" shows 'Keys of' 10
press Escape
press F1
ok "F1 itself" shows 'Keys of' 10
press Escape
press Home Enter
ok "details" shows 'not asked yet' 10
press i
ok "asked, the unit says who it is" shows 'unique-id +41484f56.*chip\)' 50
press e
ok "the plan of an erase" shows 'E \(capital\) asks' 50
press F
ok "F does not start an erase, and says why" shows 'this is an erase' 10
press E
ok "E asks" shows 'last four characters:' 10
press x x x x Enter
ok "wrong characters do nothing" shows "nothing was done" 10
ok "nothing is recorded" test -z "$(records)"
press Escape
press Escape
ok "back at the devices" shows '\[1 Devices\]' 10
mouse() { tmux -L "$mux" display-message -p -t fm '#{mouse_any_flag}'; }
ok "the mouse is the terminal's" test "$(mouse)" = 0
press m
ok "the mouse, when it is asked for" shows 'mouse on' 10
press End
row=$(screen | grep -n '^.READY .*unit' | cut -d: -f1)
tmux -L "$mux" send-keys -t fm -H 1b 5b 4d 20 25 "$(printf '%x' $((32 + row)))"
ok "chooses a row" cursor_on '^>READY'
ok "it is flashmend's then" test "$(mouse)" = 1
press m
ok "and again the terminal's" eval "shows 'mouse off' 10 && test \$(mouse) = 0"
press m
shows 'mouse on' 10 >/dev/null
press q
ok "q ends it with 0" shows '^EXIT=0' 20
ok "and the screen is the shell's again" lacks 'flashmend  '
ok "q restores the terminal" restored

# ESCDELAY of the user's counts; and what is looked at above can be seen to come late.
open_screen 80 24 ESCDELAY=700
shows '^.READY .*unit' 30 >/dev/null
press '?'
shows 'Keys of' 10 >/dev/null
press Escape
sleep 0.3
ok "with ESCDELAY=700, Esc is late" seen 'Keys of'
ok "and comes" wait_for eval "! seen 'Keys of'"

open_screen 80 24 LC_ALL=C LANG=C
ok "LC_ALL=C" shows '^.READY .*unit' 30
for key in Home Enter Escape f '?'; do
	press $key
	sleep 0.2
	ok "only ASCII after $key" bash -c "! tmux -L $mux capture-pane -p -t fm | grep -qP '[^\x00-\x7f]'"
done
ok "frames of lines, not of letters" bash -c "tmux -L $mux capture-pane -p -t fm | head -n 5; ! tmux -L $mux capture-pane -p -t fm | grep -q qqqq"

for term in linux xterm xterm-256color screen tmux vt220 xterm-mono ansi; do
	ok "TERM=$term: known here" infocmp "$term"
	open_screen 80 24 TERM=$term
	ok "TERM=$term: the list" shows '^.READY .*unit' 30
	ok "TERM=$term: its frame" seen '───'
	press Home Enter
	ok "TERM=$term: keys" shows 'not asked yet' 20
	press Escape
	shows '\[1 Devices\]' 10 >/dev/null # Esc and a digit at once are a function key
	press 4 Down
	ok "TERM=$term: arrows" cursor_on '^>.*second'
	press Escape 1
	ok "TERM=$term: function keys" shows "Keys of 'Library'" 20
	press Escape
	shows '\[4 Library\]' 10 >/dev/null
	press q
	ok "TERM=$term: quit" shows '^EXIT=0' 20
	ok "TERM=$term: nothing of the screen is left" lacks 'Library|help'
done

open_screen 80 24 NO_COLOR=1 TERM=xterm-256color
ok "NO_COLOR" shows '^.READY .*unit' 30
for keys in Home Enter f '5'; do
	press $keys
	sleep 0.3
	ok "no colour after $keys" bash -c "! tmux -L $mux capture-pane -e -p -t fm | grep -qP '\e\[[0-9;]*\b(3[0-8]|9[0-7]|4[0-8])(;|m)'"
done
open_screen 80 24 TERM=xterm-256color
shows '^.READY .*unit' 30 >/dev/null
ok "colour otherwise" bash -c "tmux -L $mux capture-pane -e -p -t fm | grep -qP '\e\[[0-9;]*38;5;'"
open_screen 80 24 TERM=xterm-256color NO_COLOR=
shows '^.READY .*unit' 30 >/dev/null
ok "and with NO_COLOR empty" bash -c "tmux -L $mux capture-pane -e -p -t fm | grep -qP '\e\[[0-9;]*38;5;'"

open_screen 132 43
ok "wide and tall" shows '^.READY .*/tmp|^.READY .*unit' 30
press Home
ok "the log below" shows '^ [0-9:]+ \+ .*attached' 10
open_screen 112 30
ok "details beside the list" shows '[│|] The unit itself was not' 30
open_screen 50 10
ok "too small: that is said" shows 'too small' 30
press q
ok "and q works" shows '^EXIT=0' 20
open_screen 80 24 -- --ascii
shows '^.READY .*unit' 30 >/dev/null
ok "--ascii" lacks '─'
# An End key, which is "Esc O F", with a pause in its middle.
open_screen 80 24
ok "ready to be written" to_preflight
tmux -L "$mux" send-keys -t fm -H 1b 4f
sleep 0.3
tmux -L "$mux" send-keys -t fm -H 46
sleep 0.5
ok "the F of a key that came in two pieces starts nothing" lacks 'last four characters:'
press F
ok "F by itself does" shows 'last four characters:'
done_testing
