#!/bin/bash
# This computer's clock is set back between jobs, and while one runs: records keep their order and their chain.
. "${FM_SRC:?}/tests/usb/lib.sh"

vectors "$work/a.bin" 4096 1
vectors "$work/b.bin" 4096 2
unit="-m stm32f103x8 -d port:$work/unit"
sim unit --pid 0x410 --flash "$work/flash.bin" --fast

# the guest goes on with other tests afterwards
began=$(date +%s) booted=$(cut -d. -f1 /proc/uptime)
clock_right() { date -s "@$((began + $(cut -d. -f1 /proc/uptime) - booted))" >/dev/null; }
end() { clock_right; cleanup; }
trap end EXIT

date -s '2027-06-01 12:00:00' >/dev/null
ok "the first job" fm 0 flash -y $unit "$work/a.bin"
date -s '2026-01-01 12:00:00' >/dev/null
ok "the clock was set back: the job passes all the same" fm 0 flash -y $unit "$work/b.bin"
ok "... and says so of the right file" result PASS "stm32f10x-md@$work/unit" OK
(sleep 0.3 && date -s '2025-01-01 12:00:00' >/dev/null) &
changer=$!
ok "set back while a job runs" fm 0 flash -y $unit "$work/a.bin"
wait $changer
date -s '1971-01-01 00:00:00' >/dev/null
ok "before everything that there is" fm 0 verify $unit "$work/a.bin"

history() { flashmend history list --json; }
ok "the newest is the one that was begun last" bash -c "$(declare -f history); history | jq -es '[.[].id] == [4, 3, 2, 1]'"
ok "... whatever its clock said" bash -c "$(declare -f history); history | jq -es '.[0].start < .[1].start and .[2].start < .[3].start'"
ok "... what was before is told of the job before" bash -c "$(declare -f history); history | jq -es '.[0].verb == \"verify\" and .[3].result == \"PASS\"'"
ok "the chain is whole" fm 0 history verify
ok "... of all four" said out '^4 records, the chain is whole'
ok "nothing is taken for a job that broke off" bash -c "$(declare -f history); history | jq -es 'all(.[]; .result == \"PASS\")'"
ok "an export has them all" bash -c "flashmend history export --format=csv 2>/dev/null | grep -c PASS | grep -qx 4"
ok "a window that was over before this clock begins" fm 8 flash -y --not-after=1970-12-31T00:00 $unit "$work/b.bin"
stop unit
ok "the unit holds what the last job wrote" cmp -n 4096 "$work/a.bin" "$work/flash.bin"
done_testing
