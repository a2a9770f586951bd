#!/bin/bash
# Debian's dfu-util, the other side of the wire: the simulated units are right when it says so.
. "${FM_SRC:?}/tests/usb/lib.sh"

util() {
	dfu-util "$@" >"$work/out" 2>&1
}

# fits SIZE: write and read back a file at this transfer size
fits() {
	rm -f "$work/back"
	util -D "$work/file" && util -U "$work/back" -Z 65536 && cmp -n 65536 "$work/file" "$work/back" && return 0
	tail -n 20 "$work/out"
	return 1
}

random "$work/file" 65536
for size in 1024 2048 4096; do
	sim_usb unit dfu --transfer-size=$size
	ok "transfer size $size: listed" eval 'util -l && said out "^Found DFU: .*path=\"$unit_path\""'
	ok "transfer size $size: what is written is read back" fits
	sim_stop unit
done

# a unit that begins in its application: dfu-util sends DETACH and finds it again
sim_usb app dfu --runtime
ok "run-time mode is listed" eval 'util -l && said out "^Found Runtime: .*path=\"$app_path\""'
ok "detach, re-enumeration and download" eval 'util -d 1209:0001,1209:0002 -D "$work/file" || { cat "$work/out"; false; }'
sim_stop app

# ... and one that waits for the host's reset after it
sim_usb slow dfu --runtime --needs-reset
ok "detach with a reset by the host" eval 'util -d 1209:0001,1209:0002 -D "$work/file" || { cat "$work/out"; false; }'
sim_stop slow

# DfuSe: by address; :leave starts the program
head -c 65536 "$work/file" >"$work/program"
printf '\x00\x50\x00\x20\x01\x01\x00\x08' | dd of="$work/program" bs=1 conv=notrunc status=none
sim_usb stm32 dfuse
ok "DfuSe: all memories are listed" eval 'util -l && said out "^Found DFU: \[0483:df11\].*alt=1" && said out "@Internal Flash"'
ok "DfuSe: written" eval 'util -a 0 -s 0x08000000 -D "$work/program" || { cat "$work/out"; false; }'
ok "DfuSe: read back" eval '
	util -a 0 -s 0x08000000:65536 -U "$work/there" && cmp "$work/program" "$work/there" || { cat "$work/out"; false; }'
ok "DfuSe: leave takes it off the bus" eval '
	util -a 0 -s 0x08000000:leave -D "$work/program"; wait_for off_bus "$stm32_path" || { cat "$work/out"; false; }'
sim_stop stm32
done_testing
