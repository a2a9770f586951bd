#!/bin/bash
# The guest itself: what the other scripts count on.
. "${FM_SRC:?}/tests/usb/lib.sh"

ok "the kernel has a bus for simulated units" grep -q '^vhci_hcd ' /proc/modules
ok "udev answers" udevadm control --ping
ok "files can be written, in memory" eval 'touch "$FM_SRC/written" && rm "$FM_SRC/written"'
ok "the program runs" flashmend --version
ok "no unit is on the bus" eval '! ls /sys/bus/usb/devices | grep -q "^[0-9]*-[1-9][0-9.]*\$"'
ok "dfu-util finds none" eval 'dfu-util -l >"$work/out" 2>&1; ! grep -q "^Found" "$work/out"'
done_testing
