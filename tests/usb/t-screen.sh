#!/bin/bash
# The screens with units on a real kernel's USB: the list lives, a unit is written to PASS, and no other one by mistake.
. "${FM_SRC:?}/tests/usb/flash.sh"
. "${FM_SRC:?}/tests/tui/lib.sh"
step=3 # each look costs an emulated processor some 50 ms

firmware "$work/1.bin" 0100
firmware "$packages/2.bin" 0110
unit=(dfu --version-at=16 --block-us=0 --absent-ms=100 --log --size=65536)

cp "$work/1.bin" "$work/gw.flash"
open_screen 80 24
ok "nothing on USB yet" eval 'shows "Devices" && lacks gateway'
sim_usb gw "${unit[@]}" --runtime --serial=GW-0001 --flash="$work/gw.flash"
ok "a unit comes: its row" shows '^.READY +.*gateway.* 1\.00 .*GW-0001' 30
sim_usb two "${unit[@]}" --runtime --serial=GW-0002
ok "another one" shows '^.READY +.*gateway.*GW-0002' 30
press Home
cursor_on 'GW-0001' >/dev/null || press Down
ok "the first is selected" cursor_on 'GW-0001'
sim_stop two
ok "the other leaves" shows '^.LEFT .*GW-0002' 40
ok "the selection stays with its unit" cursor_on 'GW-0001'

press f
shows '\[1 Firmware\]' 20 >/dev/null
press Enter
ok "checked, through its boot loader" shows 'READY(:|, with)' 80
press F
sleep 0.5
seen 'last four characters:' && press 0 0 0 1 Enter
ok "written: PASS" shows '\*\*\* PASS \*\*\*' 100
ok "with the version that the unit says" seen 'version +1\.10, said by the unit itself \(before: 1\.00\)'
press 1
ok "the list has the new version" shows '^.READY +.*gateway.* 1\.10 .*GW-0001' 40

# another unit in the port of the one that was checked
press f
shows '\[1 Firmware\]' 20 >/dev/null
press Enter
ok "checked once more" shows 'READY, with warnings' 80
press F
ok "F asks" shows 'last four characters:' 20
sim_stop gw
ok "it holds what was written" holds gw "$packages/2.bin"
before=$gw_path
sim_usb two "${unit[@]}" --runtime --serial=GW-0002 --flash="$work/two.flash"
ok "another one is in its port" test "$two_path" = "$before"
ok "it is seen" shows 'not attached any more' 40
press 0 0 0 1 Enter
ok "it is not written" shows 'not started: the unit is not as it was checked' 20
press F
ok "F does not start it" shows 'the unit is not attached any more' 20
press 1
ok "the list tells them apart" eval 'shows "LEFT .*GW-0001" 20 && shows "READY .*GW-0002" 20'
sim_stop two
ok "nothing was sent to it" nothing_was_sent two
ok "it left" shows 'LEFT .*GW-0002' 40

# two boot loaders that look the same
sim_usb left "${unit[@]}" --serial=SAME --flash="$work/left.flash"
sim_usb right "${unit[@]}" --serial=SAME --flash="$work/right.flash"
ok "two boot loaders with one number" eval 'shows "BOOT .*SAME +usb $left_path" 40 && shows "BOOT .*SAME +usb $right_path" 40'
press Home
for i in 1 2 3 4; do cursor_line "usb $right_path " || { press Down; sleep 0.2; }; done
ok "one is chosen" cursor_on "usb $right_path "
press f
shows '\[1 Firmware\]' 20 >/dev/null
press Enter
ok "the screens say so" shows "Alike +usb $left_path looks the same" 50
ok "ready" shows "F asks for the unit's port" 50
press F
ok "F asks which one" shows 'type the port' 20
press S A M E Enter
ok "their number is no answer" shows 'nothing was done' 20
sleep 0.1
press F
shows 'type the port' 20 >/dev/null
press "$right_path" Enter
ok "its port is: PASS" shows '\*\*\* PASS \*\*\*' 100
sim_stop right
sim_stop left
ok "the one that was meant holds it" holds right "$packages/2.bin"
ok "nothing was sent to the other" nothing_was_sent left
done_testing
