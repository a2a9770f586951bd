#!/bin/bash
# Whatever becomes of the terminal or its person: a write goes on to its record.
. "${FM_SRC:?}/tests/lib.sh"
. "${FM_SRC:?}/tests/tui/lib.sh"

one_unit
passes() { records | grep -c '"result":"PASS"'; }
# The job's record is there, and it says PASS.
recorded() { # NUMBER
	wait_for bash -c "flashmend history list --json 2>/dev/null | grep -c '\"result\":\"PASS\"' | grep -qx $1"
}
gone() { wait_for bash -c "! kill -0 $1 2>/dev/null"; }

open_screen 80 24
ok "writing" to_write
press q
ok "q goes back: the job runs" shows '\[1 Firmware\]' 10
press 1
press q
ok "at the top it asks" shows 'Leave when done' 10
press n
ok "no: the job goes on" shows 'the jobs go on' 10
press C-z
ok "Ctrl-Z is refused" shows 'not suspended' 10
press C-c
ok "Ctrl-C asks, too" shows 'Leave when done' 10
tmux -L "$mux" resize-window -t fm -x 90 -y 30
ok "a resize is no answer" wait_for bash -c "tmux -L $mux capture-pane -p -t fm | sed -n 28p | grep -q 'Leave when done'"
press y
ok "yes: it says that it waits" shows 'leaving when the job is done' 10
ok "and leaves" shows '^EXIT=0' 100
ok "behind a record" recorded 1

open_screen 80 24
ok "writing" to_write
flashmend=$(pid)
kill -TERM "$flashmend"
ok "SIGTERM: it says that it waits" shows 'leaving when the job is done' 10
ok "and leaves" shows '^EXIT=143' 100
ok "behind a record" recorded 2

open_screen 80 24
ok "writing" to_write
flashmend=$(pid)
kill -HUP "$flashmend"
ok "SIGHUP: it ends" gone "$flashmend"
ok "behind a record" recorded 3

open_screen 80 24
ok "writing" to_write
flashmend=$(pid)
tmux -L "$mux" kill-session -t fm
ok "the terminal is gone: it ends" gone "$flashmend"
ok "behind a record" recorded 4

open_screen 80 24
shows '^.READY .*unit' 30 >/dev/null
press C-z
ok "it stops" wait_for grep -q '^State:.T' "/proc/$(pid)/status"
kill -CONT "$(pid)"
ok "and comes back" shows '\[1 Devices\]' 20

ok "writing" to_write
sleep 0.8
kill -KILL "$(pid)"
open_screen 80 24
ok "after kill -9 the next start says what was left" shows 'ATTENTION: .* on unit was left partial: f flashes it again' 30
ok "and the unit's row" shows '^.RESCUE! ' 30
ok "the way back: flash it" to_write
ok "PASS" shows '\*\*\* PASS \*\*\*' 200
press 1
shows '\[1 Devices\]' 10 >/dev/null
press q
ok "quit" shows '^EXIT=0' 20
done_testing
