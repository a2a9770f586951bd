#!/bin/bash
# What else is done with one unit from the screens: backup, comparing, erasing; and who sits in its port.
. "${FM_SRC:?}/tests/lib.sh"
. "${FM_SRC:?}/tests/tui/lib.sh"

bytes=4096 one_unit --fast
open_screen 80 24
ok "a unit is written" to_write
ok "PASS" shows '\*\*\* PASS \*\*\*' 100
press Enter
ok "the row says so" shows '^>READY .*PASS' 20

press Enter
shows 'Details' 20 >/dev/null
press b
ok "backup: which file?" shows 'new file' 10
press "$work/back.hex" Enter
ok "PASS" shows '\*\*\* PASS \*\*\*' 200
ok "the file is there" test -s "$work/back.hex"
ok "and holds what was written" bash -c "
	objcopy -I ihex -O binary $work/back.hex $work/back.bin && cmp -n 4096 $work/fw.bin $work/back.bin"
press Escape
press b
shows 'new file' 10 >/dev/null
press "$work/back.hex" Enter
ok "it is not overwritten" shows '\*\*\* (NONE|FAIL) \*\*\*' 100
ok "that is said" shows 'exists' 10
press Escape Escape
shows '\[1 Devices\]' 50 >/dev/null
press f
shows '1 Firmware' 20 >/dev/null
press v
ok "comparing: PASS" shows '\*\*\* PASS \*\*\*' 100
press Escape Escape
shows '\[1 Devices\]' 50 >/dev/null
press Enter
shows 'Details' 20 >/dev/null
press e
ok "erase: its plan" shows 'erase the whole chip|erase flash 0x' 50
press E
ok "asks" shows 'last four characters:' 20
press 8 7 8 e Enter
ok "PASS" shows '\*\*\* PASS \*\*\*' 200
press 1
shows '1 Devices' 20 >/dev/null
press f
shows '1 Firmware' 20 >/dev/null
press v
ok "comparing now: FAIL" shows '\*\*\* FAIL \*\*\*' 100
ok "with its code" seen 'E412'
ok "all are recorded" bash -c "flashmend history list --json | jq -r .verb | tr '\n' ' ' | grep -qx 'verify erase verify backup backup flash ' ||
	flashmend history list --json | jq -r .verb | tr '\n' ' ' | grep -x 'verify erase verify backup flash '"

# Another unit in the port of the one that was checked.
press 1
shows '1 Devices' 20 >/dev/null
ok "checked" to_preflight
sleep 3.2 # past the restart that its check may have caused
stop unit
ok "gone: nothing starts" shows 'not attached any more' 30
sim unit --pid 0x410 --fast
ok "another one in its port: it must be asked" shows 'it or the file changed since' 30
press F
ok "F does nothing" shows 'is not the one that was checked' 10
press c
ok "asked, it is ready" shows 'READY, with warnings' 30

sleep 100 <"$work/unit" &
rival=$!
ok "another program on its port is named" shows "\[FAIL\] Port +sleep \(process $rival\) has it open" 30
press F
ok "nothing starts" shows 'CANNOT START' 10
kill $rival
wait $rival 2>/dev/null
ok "that program has ended" shows '\[ok\] +(Port|All right .*Port)' 30
ok "it is ready again" shows 'READY, with warnings' 10
done_testing
