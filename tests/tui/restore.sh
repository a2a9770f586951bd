#!/bin/bash
# The way back from the screens: the firmware before the last job, and any job's backup.
. "${FM_SRC:?}/tests/lib.sh"
. "${FM_SRC:?}/tests/tui/lib.sh"
# As delivered: with a backup before each job.
rm "$XDG_CONFIG_HOME/flashmend/config.json"

mkdir -p "$XDG_DATA_HOME/flashmend/devices"
cp "$src/tests/unit/job/devices/sim.xml" "$XDG_DATA_HOME/flashmend/devices/"
for v in 1 2; do
	vectors "$work/v$v.bin" 4096 $v
	printf "fm-sim-version=$v.0.0\0" | dd of="$work/v$v.bin" bs=1 seek=1024 conv=notrunc status=none
done
head -c 65536 /dev/zero | tr '\0' '\377' >"$work/flash.bin"
dd if="$work/v1.bin" of="$work/flash.bin" conv=notrunc status=none
plug() { start unit flashmend-sim stm32 --no-reset-line --link "$work/unit" --pid 0x410 --flash "$work/flash.bin" --fast; }
holds() { # VERSION
	stop unit
	local same=0
	cmp -n 4096 "$work/v$1.bin" "$work/flash.bin" || same=1
	plug
	return $same
}
details() {
	press 1
	shows '\[1 Devices\]' 20 && shows '^>(READY|RESCUE!).*unit' 40 && press Enter && shows 'Details' 20
}

plug
flashmend ports add "$work/unit" sim-board-settings
objcopy -I binary -O ihex --change-addresses 0x08000000 "$work/v2.bin" "$packages/v2.hex"
open_screen 80 24
ok "nothing to go back to yet" eval 'details && press u && shows "CANNOT START" 50'
press U
ok "U does nothing" shows 'CANNOT START: a check fails' 10
ok "nothing was recorded" test -z "$(records)"
press 1
ok "the second firmware" eval 'shows "^.READY.*unit" && press f && shows "1 Firmware\]" && press Enter && shows "READY: F" 50 && press F'
ok "PASS" shows '\*\*\* PASS \*\*\*' 200
ok "it is in the unit" holds 2

ok "rolling back" details
press u
ok "is planned first" shows 'WHAT U DOES' 50
ok "with the plan" seen '(erase|write) flash 0x08000000'
press Enter u r e
ok "small letters write nothing" shows 'READY: U \(capital\)' 20
sleep 0.1
press R
ok "nor does another capital" shows 'this brings the firmware before back: U' 10
press U
ok "U asks" shows 'last four characters:' 20
press Enter
ok "Enter is no answer" shows 'nothing was done' 10
sleep 0.1
confirm U
ok "PASS" shows '\*\*\* PASS \*\*\*' 200
ok "recorded as such" bash -c "flashmend history list --json --limit 1 | jq -e '.verb == \"rollback\" and .result == \"PASS\"'"
ok "the first is in the unit" holds 1

press 3
ok "the history" shows '^>.* rollback +PASS' 20
ok "with what was stored" shows 'backup +firmware' 10
press Enter
ok "restoring this job's backup is planned" shows 'WHAT R DOES' 50
ok "by its number" seen '^ RESTORE the backup of job [0-9]+ '
confirm R
ok "PASS" shows '\*\*\* PASS \*\*\*' 200
ok "recorded as such" bash -c "flashmend history list --json --limit 1 | jq -e '.verb == \"restore\" and .result == \"PASS\"'"
ok "the second is in the unit" holds 2

ok "the newest backup" details
press r
ok "is planned" shows 'RESTORE the newest backup' 50
shows 'READY: R' 50 >/dev/null
confirm R
ok "PASS" shows '\*\*\* PASS \*\*\*' 200
ok "the first is in the unit" holds 1
done_testing
