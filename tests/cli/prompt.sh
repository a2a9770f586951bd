#!/bin/bash
# The question before a write, on a real terminal of 80x24: only the right word starts it.
. "${FM_SRC:?}/tests/lib.sh"
. "${FM_SRC:?}/tests/cli/terminal.sh"

vectors "$work/fw.bin" 8192
sim unit --pid 0x410 --flash "$work/flash.bin"
unit="-m stm32f103x8 -d port:$work/unit"
open_terminal 80 24 'bash --norc'
question='to start: *$'

ok "it asks" ask flash "$work/fw.bin"
ok "the plan stands above the question" shows '^erase flash 0x08000000-0x08001fff'
$terminal send-keys Enter
ok "Enter alone is no" see 'exit=9'
ok "said as RESULT NONE" shows '^RESULT NONE E420'
ask flash "$work/fw.bin"
$terminal send-keys "yes" Enter
ok "another word is no" see 'exit=9'
ask flash "$work/fw.bin"
$terminal send-keys C-d
ok "the end of input is no" see 'exit=9'
ask flash "$work/fw.bin"
$terminal send-keys C-c
ok "Ctrl-C ends it" see 'exit=130'
ok "said as RESULT NONE" shows '^RESULT NONE E130'
ask flash "$work/fw.bin"
shell=$($terminal display-message -p '#{pane_pid}')
read -r asking <"/proc/$shell/task/$shell/children"
kill -TERM "$asking"
ok "SIGTERM ends it" see 'exit=143'
ok "said as RESULT NONE" shows '^RESULT NONE E143'
ok "-q hides no warning that is accepted by the answer" ask flash -q "$work/fw.bin"
ok "(shown)" shows '^WARN +model'
$terminal send-keys Enter
see 'exit=9' >/dev/null
ask flash "$work/fw.bin"
stop unit
ok "nothing was written by any of these" bash -c "tr -d '\377' <'$work/flash.bin' | cmp -s - /dev/null"
sim unit --pid 0x412
word=$(screen | sed -n 's/.*Unit \([0-9a-f]*\) on.*/\1/p' | tail -n 1 | grep -o '....$')
$terminal send-keys "$word" Enter
ok "another unit came to the port meanwhile" see 'exit=8'
stop unit
sim unit --pid 0x410 --flash "$work/flash.bin"
ok "it asks for the end of the unit's id" ask flash "$work/fw.bin"
word=$(screen | sed -n 's/.*Unit \([0-9a-f]*\) on.*/\1/p' | tail -n 1 | grep -o '....$')
$terminal send-keys "$word" Enter
ok "the right answer starts it, with a bar" see 'write +\[#+\.*\] +[0-9]+ %'
ok "to its end" see 'exit=0'
ok "RESULT PASS" shows '^RESULT PASS'
stop unit
ok "the unit has it" cmp -n 8192 "$work/fw.bin" "$work/flash.bin"
done_testing
