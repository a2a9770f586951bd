#!/bin/bash
# Names of ports in the screens, the filter, ports that are away, and the history by slot.
. "${FM_SRC:?}/tests/lib.sh"
. "${FM_SRC:?}/tests/tui/lib.sh"

start two flashmend-sim stm32 --count 2 --link "$work/port" --pid 0x410 --fast
flashmend ports add "$work/port-1" stm32f103x8
flashmend ports add "$work/port-2" stm32f103x8
flashmend ports add "$work/gone" stm32f103x8
vectors "$work/fw.bin" 2048
open_screen 80 24
ok "no slots, no column" shows '^ STATE   MODEL '
ok "the port that is away is a row" shows '^.AWAY .*gone'
ok "and counted" seen '1 added, not there'

# a name
press Home
ok "the first is selected" shows '^>READY.*port-1'
press l
ok "l asks" shows 'Slot name of .*port-1'
press A 1 Enter
ok "the column comes" shows '^ STATE   SLOT MODEL '
ok "with the name" shows '^>READY   A1 .*port-1'
ok "others have none" seen '^ READY   -- .*port-2'
ok "the command line knows it" bash -c 'flashmend ports list | grep -q "slot A1$"'
press Down l A 1 Enter
ok "a name is there once" shows 'slot A1 is the port'
press l A 2 Enter
ok "another one" shows '^>READY   A2 .*port-2'
flashmend ports label "$work/port-2" B2
ok "named from outside" shows '^>READY   B2 .*port-2' 30
press l C-u Enter
ok "taken back" shows '^>READY   -- .*port-2'

# one that is away
press End
ok "the absent one can be selected" shows '^>AWAY .*gone'
ok "and says how to forget it" seen 'z in its details forgets it'
press f
ok "nothing can be written there" shows 'nothing is at this port now'
press l Z 9 Enter
ok "it can have a name" shows '^>AWAY    Z9 .*gone'
press Enter
shows 'NOT THERE +.*z in its details' 20 >/dev/null
press z
ok "z forgets it" shows 'ports remove .*ended with 0' 50
press 1
for i in 1 2 3 4 5 6 7 8 9 10; do seen 'gone' || break; sleep 0.5; done
ok "from the screen" lacks '^.AWAY'

# a unit that shows itself, and one that cannot
press Home s
ok "one that cannot says what to do instead" shows 'E210 It cannot show itself: unplug'

# the filter
press Home
press /
ok "/ asks" shows 'Units with'
press p o r t - 2 Enter
ok "one is left" shows '/port-2 shows 1 of '
ok "it is selected" cursor_on 'port-2'
ok "the other is hidden" lacks '^.READY.*port-1'
press Escape
ok "Esc shows all" shows '^.READY.*port-1'
ok "the selection stays" cursor_on 'port-2'
press / n o n e Enter
ok "no unit fits" shows 'No unit has the text'
press f
ok "and nothing is done to one" shows 'no unit fits the filter'
press Escape

# records
flashmend flash -y -d slot:A1 "$work/fw.bin" >/dev/null 2>&1
flashmend verify -d "port:$work/port-2" "$work/fw.bin" >/dev/null 2>&1
press 3
ok "history" shows '^. +2 .*verify'
press s
ok "by slot" shows '^>A1 +100 % +1 +0 +0 +1 '
ok "the rest is counted" seen '1 in no slot'
press Enter
ok "its jobs" shows 'slot A1: 1 record,'
ok "only these" lacks '^. +2 .*verify'
ok "with the slot" seen 'slot A1  state verified'
press a
ok "all again" shows '^. +2 .*verify'
press u
ok "by unit" shows '^ UNIT'
press Escape
ok "back" shows '3 History\]'
press q
ok "q quits" shows 'EXIT=0'

# 132 columns: beside the list stands the slot, too; ASCII
open_screen 132 40
ok "wide" shows '^>READY   A1 .*port-1 '
ok "details say the slot" seen 'slot +A1'
open_screen 80 24 LC_ALL=C
ok "C locale" shows '^>READY   A1 .*port-1'
ok "only ASCII" bash -c "! tmux -L $mux capture-pane -p -t fm | LC_ALL=C grep -q '[^ -~]'"

# a unit that can show itself
define_blinking
flashmend ports add "$work/port-1" mine
open_screen 80 24
ok "it is ready" shows '^>READY   A1   mine .*port-1'
press s
ok "it shows itself" shows '^>BLINK   A1   mine'
ok "and is ready again" shows '^>READY   A1   mine' 60
ok "no record of it" test "$(flashmend history list -m mine --json | wc -l)" -eq 0
done_testing
