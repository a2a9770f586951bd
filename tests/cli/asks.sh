#!/bin/bash
# What a definition asks a person before a write: -y answers none of it, a script says it question by question, a terminal is asked.
. "${FM_SRC:?}/tests/lib.sh"
. "${FM_SRC:?}/tests/cli/terminal.sh"
needs jq

mkdir -p "$XDG_DATA_HOME/flashmend/devices"
cp "$src/tests/unit/job/devices/sim-asks.xml" "$XDG_DATA_HOME/flashmend/devices/"
vectors "$work/fw.bin" 8192
sim unit --pid 0x410 --flash "$work/flash.bin" --fast
unit="-m sim-board-person -d port:$work/unit"
blank() { ! grep -qaP '[^\xff]' "$work/flash.bin"; }

ok "catalog show" fm 0 catalog show sim-board-person
ok "... lists the questions" said out '^asks before +mains: Is the mains switch of the cabinet off\? \(off\)'
ok "-y alone" fm 8 flash -y $unit "$work/fw.bin"
ok "... does not start" result NONE E433
ok "... says which question" said err "E433.*question 'mains' is not answered: Is the mains switch of the cabinet off\?"
ok "... and what to do" said err '--answer=mains=TEXT; -y answers no question'
ok "one of two" fm 8 flash -y $unit --answer=mains=off "$work/fw.bin"
ok "... the other is named" said err "question 'valve' is not answered"
ok "another answer is a no" fm 9 erase -y $unit --answer=mains=on "--answer=valve=it is shut"
ok "... said" said err "E420.*question 'mains' .* was answered 'on', not 'off'"
ok "an answer to a question that there is not" fm 2 flash -y $unit --answer=vale=shut "$work/fw.bin"
ok "... said" said err "asks no question 'vale'"
ok "twice" fm 2 flash -y $unit --answer=mains=on --answer=mains=off "$work/fw.bin"
ok "no answer" fm 2 flash -y $unit --answer=mains= "$work/fw.bin"
ok "no question" fm 2 flash -y $unit --answer=off "$work/fw.bin"
ok "check tells what will be asked" fm 0 check $unit --answer=mains=off "$work/fw.bin"
ok "... what is answered" said out '^ok +mains +ask +Is the mains switch .*'
ok "... what is open" said out '^OPEN +valve +ask '
ok "a dry run asks nothing" fm 0 flash -n $unit "$work/fw.bin"
ok "for programs" fm 8 flash -y --json $unit --answer=mains=off "$work/fw.bin"
ok "... each question is an object" bash -c "jq -se 'map(select(.type == \"question\")) | length == 2 and .[0].answered_right and (.[1].answered_right | not)
	and .[1].id == \"valve\" and .[1].wanted == \"it is shut\" and .[1].answer == \"\"' '$work/out'"
stop unit
ok "nothing was written by any of these" blank
sim unit --pid 0x410 --flash "$work/flash.bin" --fast
ok "all answered" fm 0 flash -y $unit --answer=mains=OFF "--answer=valve=it is shut" "$work/fw.bin"
ok "... and recorded" bash -c "flashmend history list --json | head -n 1 | jq -e '.answers == \"mains: '\\''OFF'\\''; valve: '\\''it is shut'\\''\"'"
ok "history show" fm 0 history show "$(flashmend history list --json | head -n 1 | jq .id)"
ok "... shows them" said out "^answered +mains: 'OFF'; valve: 'it is shut'"
stop unit

open_terminal 100 40 'bash --norc'
question='^Type off if it is so: *$'

sim unit --pid 0x410 --fast
ok "a terminal is asked" ask flash "$work/fw.bin"
ok "... with a number" shows '^Question 1 of 2: Is the mains switch of the cabinet off\?'
$terminal send-keys Enter
ok "Enter alone is no" see 'exit=9'
ok "... said as RESULT NONE" shows '^RESULT NONE E420'
ask flash "$work/fw.bin"
$terminal send-keys "yes" Enter
ok "another word is no" see 'exit=9'
ask flash "$work/fw.bin"
$terminal send-keys C-c
ok "Ctrl-C ends it" see 'exit=130'
ok "with -y it is asked, too" ask flash -y "$work/fw.bin"
$terminal send-keys off Enter
ok "... the second" see '^Question 2 of 2: Is the hand valve shut\?'
$terminal send-keys "it is shut" Enter
ok "... and then it runs" see 'exit=0'
ok "one that is answered is not asked" ask flash --answer=\"valve=it is shut\" "$work/fw.bin"
$terminal send-keys off Enter
ok "... and the question before writing comes behind" see 'to start: *$'
ok "... (not asked)" bash -c "! $terminal capture-pane -p -J -S -200 | grep -q 'Question 2'"
done_testing
