#!/bin/bash
# A unit that is slow to answer: said within 3 s, with the time after which it is given up.
. "${FM_SRC:?}/tests/lib.sh"

vectors "$work/fw.bin" 16384
# erasing takes some seconds in one command; the boot loader's document allows it more
sim unit --pid 0x410 --slow=8
ok "flash" fm 0 flash -y -m stm32f103x8 -d "port:$work/unit" "$work/fw.bin"
ok "passes" result PASS "stm32f10x-md@$work/unit" OK
ok "that nothing moved was said within 3 s" said err '^erase: no progress for [23] s'
ok "with the end of what it waited for" said err '^erase: no progress for [23] s, gives up at 1[0-9] s$'
done_testing
