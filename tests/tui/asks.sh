#!/bin/bash
# What a definition asks a person: rows of the preflight that must be answered before F does anything; without screens numbered questions.
. "${FM_SRC:?}/tests/lib.sh"
. "${FM_SRC:?}/tests/tui/lib.sh"
needs jq

mkdir -p "$XDG_DATA_HOME/flashmend/devices"
cp "$src/tests/unit/job/devices/sim-asks.xml" "$XDG_DATA_HOME/flashmend/devices/"
one_unit --fast
flashmend ports add "$work/unit" sim-board-person

open_screen 80 24
shows '^.(READY|RESCUE!).*unit' >/dev/null && press Home f && shows '\[1 Firmware\]' >/dev/null && press Enter
ok "a question is a row" shows '\[FAIL\] mains +Is the mains switch of the cabinet off\?' 100
ok "... that is open" seen 'OPEN: a answers it'
ok "and the next" seen '\[FAIL\] valve +Is the hand valve shut\?'
ok "not yet" shows 'NOT YET: a question is open'
press F
ok "F does nothing" shows 'a question is open: a answers it' 20
press a
ok "a asks" shows 'mains\? Look, then type off if it is so:' 20
press Enter
ok "Enter alone is no answer" shows "mains: 'off' was not typed" 20
press a n o Enter
ok "nor is another word" shows "Answered 'no', not" 20
press a o f f Enter
ok "the right one" shows '\[ok\] +mains +Is the mains switch' 20
press F
ok "F still does nothing" shows 'a question is open: a answers it' 20
press a "it is shut" Enter
ok "all is answered" shows 'READY: F \(capital\) starts' 20
press a
ok "nothing more to ask" shows 'all is answered' 20
press F
ok "now F starts: PASS" shows '\*\*\* PASS \*\*\*' 200
ok "the answers are recorded" bash -c "flashmend history list --json | head -n 1 | jq -e '.answers == \"mains: '\\''off'\\''; valve: '\\''it is shut'\\''\"'"
press f
shows '\[1 Firmware\]' 30 >/dev/null
press Enter
ok "before the next write they are open again" shows '\[FAIL\] mains' 100

open_screen 100 60 TERM=dumb
choose_unit
press 3 Enter
shows 'Firmware file' 20 >/dev/null
press "$packages/app.hex" Enter
ok "without screens: the first of two" shows '^Question 1 of 2: Is the mains switch' 100
press off Enter
ok "... the second" shows '^Question 2 of 2: Is the hand valve shut\?' 20
press shut Enter
ok "... another word is no" shows "E420.*'it is shut' was not typed" 50
done_testing
