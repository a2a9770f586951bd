#!/bin/bash
# Units with plain USB DFU, as their users flash them; dfu-util and the unit's memory say what is there.
. "${FM_SRC:?}/tests/usb/flash.sh"

firmware "$work/1.bin" 0100
firmware "$work/2.bin" 0110
unit=(dfu --version-at=16 --block-us=0 --absent-ms=100 --log --size=65536)

# from 1.00 to 1.10, and what dfu-util says of it
cp "$work/1.bin" "$work/gw.flash"
sim_usb gw "${unit[@]}" --runtime --flash="$work/gw.flash"
ok "listed in its application" told_of 'READY +gateway +app +1[.]00 +FM0001 +usb'
ok "flashed" fm 0 flash "$work/2.bin" -y --expect-version=1.10
ok "PASS" result "PASS gateway@usb:$gw_path OK"
ok "proved by reading back" said err '^proved +5000 bytes by reading back$'
ok "both versions are told" said err '^version +1[.]10, said by the unit itself \(before: 1[.]00\)$'
ok "listed with the new version" told_of 'READY +gateway +app +1[.]10 +FM0001 +usb'
ok "verify takes it out and puts it back" fm 0 verify "$work/2.bin"
ok "it is in its application" told_of 'READY +gateway +app +1[.]10'
ok "history tells of the upgrade" eval 'fm 0 history list && said out "PASS +gateway +1[.]00 > 1[.]10"'
sim_stop gw

# the other side: dfu-util reads what flashmend wrote, flashmend proves what dfu-util wrote
sim_usb gw "${unit[@]}" --flash="$work/gw.flash"
ok "dfu-util reads back what was written" eval '
	util -U "$work/back" -Z 5000 && cmp -n 5000 "$work/2.bin" "$work/back"'
ok "dfu-util writes another" util -D "$work/1.bin"
ok "verify proves it" fm 0 verify "$work/1.bin"
ok "and that it is not the first" fm 11 verify "$work/2.bin"
ok "with the place" said err '^E412 .*flash 0x0000000[01]'
ok "a backup" fm 0 backup -o "$work/backup.bin" --format=raw
ok "ends with the memory" eval '[ "$(stat -c %s "$work/backup.bin")" = 65536 ]'
sim_stop gw
ok "the backup is what the unit held" holds gw "$work/backup.bin"

# in their boot loader: how they differ
while read -r name options; do
	sim_usb unit "${unit[@]}" --flash="$work/unit.flash" $options
	ok "$name: flashed" fm 0 flash "$work/2.bin" -y
	ok "$name: PASS" result "PASS gateway@usb:$unit_path OK"
	case $name in
	unproved*) ok "$name: says so" said err '^untested +5000 bytes: taken by the boot loader' ;;
	*) ok "$name: proved" said err '^proved +5000 bytes' ;;
	esac
	case $name in
	*dfuERROR) ok "$name: told" said err 'dfuERROR cleared' ;;
	esac
	sim_stop unit
	ok "$name: the unit holds it" holds unit "$work/2.bin"
	rm -f "$work/unit.flash"
done <<'UNITS'
7-byte-descriptor --short-functional --poll=0
slow-after-dfuERROR --arrive=error --poll=100
unproved-no-upload --no-upload
unproved-intolerant --intolerant
UNITS

# on the way to the boot loader
now_ms() { echo $(($(date +%s%N) / 1000000)); }
sim_usb unit "${unit[@]}" --runtime --needs-reset --flash="$work/unit.flash"
began_ms=$(now_ms)
ok "detach with a reset by the host" fm 0 flash "$work/2.bin" -y
whole_ms=$(($(now_ms) - began_ms))
ok "in its application again" said err '^version +1[.]10'
sim_stop unit
sim_usb unit "${unit[@]}" --runtime --never-back
began_ms=$(now_ms)
ok "a unit that never comes back" fm 4 flash "$work/2.bin" -y
took_ms=$(($(now_ms) - began_ms))
# its definition's 1500 ms; all else is less than what two whole flashes take on this machine now
ok "is not waited for ($took_ms ms, a flash $whole_ms ms)" test $took_ms -lt $((1500 + 2 * whole_ms))
ok "it is said what happened" said err '^E205 .*the unit left usb .* and nothing came back$'
ok "... what state it is in" said err "^the unit's state: unknown$"
ok "... and what to do" said err '^  next: unplug it, plug it into the same port and run the command again$'
ok "FAIL" result "FAIL gateway@usb:$unit_path E205"
sim_stop unit
ok "nothing was written there" nothing_was_sent unit
sim_usb unit "${unit[@]}" --runtime --wrong-id
ok "a unit that becomes another" fm 4 flash "$work/2.bin" -y
ok "is named" said err '^E205 .*came back as 1209:[0-9a-f]+ .*which is no boot loader of this model$'
sim_stop unit
ok "and left alone" nothing_was_sent unit

# by its class alone
sim_usb other "${unit[@]}" --pid=0x5557 --flash="$work/other.flash"
ok "a unit that no definition names" told_of 'BOOT +generic-dfu +boot'
ok "is flashed, with a warning" eval 'fm 0 flash "$work/2.bin" -y && said err "^WARN +model"'
sim_stop other
ok "what it holds" holds other "$work/2.bin"

# what a DFU file says of its unit
suffix() { cp "$work/2.bin" "$work/$1" && dfu-suffix -a "$work/$1" "${@:2}" >"$work/util" 2>&1; }
suffix foreign.dfu -v 0483 -p 0001
suffix right.dfu -v 1209 -p 0001 -d 0110
suffix any.dfu
sim_usb unit "${unit[@]}"
ok "a file for another unit is blocked" fm 8 flash "$work/foreign.dfu" -y
ok "by its suffix" said err '^BLOCKED +suffix +file +for USB 0483:0001'
ok "NONE" result "NONE E400"
sim_stop unit
ok "nothing was sent" nothing_was_sent unit
sim_usb unit "${unit[@]}" --flash="$work/unit.flash"
ok "the unit's own file, by the VID:PID of its application" fm 0 flash "$work/right.dfu" -y
ok "says its version" said err '^version +1[.]10, said by the unit itself'
ok "a file for any unit" fm 0 flash "$work/any.dfu" -y
sim_stop unit
ok "without its suffix" holds unit "$work/2.bin"

# several memories
sim_usb unit "${unit[@]}" --alt0=program --alt1=settings
ok "a raw file belongs to one of two memories" fm 5 flash "$work/2.bin" -y
ok "which are named" said err 'several memories: flash \(program\), alt1 \(settings\)$'
ok "nothing was done" result "NONE E201"
ok "--space says which" fm 0 flash "$work/2.bin" -y --space=alt1
ok "a memory that it has not" fm 2 flash "$work/2.bin" -y --space=alt2
is_product() { [ "$(cat "/sys/bus/usb/devices/$unit_path/idProduct" 2>/dev/null)" = "$1" ]; }
wait_for is_product 0001
wait_for on_bus "$unit_path"
# dfu-util sleeps for a fixed time between the detach and its look for the boot loader: two commands, so that the unit
# may take its time
ok "dfu-util takes it out" util -e
wait_for is_product 0002
wait_for on_bus "$unit_path"
ok "dfu-util finds it there" eval 'util -a 1 -U "$work/there" -Z 5000 && cmp -n 5000 "$work/2.bin" "$work/there"'
sim_stop unit
done_testing
