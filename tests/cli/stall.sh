#!/bin/bash
# A unit that stands still: said soon, and for how long it is waited for where that is known.
. "${FM_SRC:?}/tests/lib.sh"

vectors "$work/fw.bin" 16384
sim unit --pid 0x410
flashmend flash -y -m stm32f103x8 -d "port:$work/unit" "$work/fw.bin" >"$work/out" 2>"$work/err" </dev/null &
job=$!
ok "it writes" wait_for grep -q '^write 10 %' "$work/err"
kill -STOP "$pid_unit"
said_soon() { local i; for ((i = 0; i < 32; i++)); do grep -q 'no progress' "$work/err" && return 0; sleep 0.1; done; cat "$work/err"; return 1; }
ok "that it stands still is said within 3 s" said_soon
ok "with the limit of what it waits for" said err 'no progress for [23] s, gives up at [34] s'
kill -CONT "$pid_unit"
wait $job
ok "it goes on" result PASS "stm32f10x-md@$work/unit" OK
done_testing
