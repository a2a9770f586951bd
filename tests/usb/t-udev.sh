#!/bin/bash
# The rules for udev on a real udevd: what they do to units and their ports, what they leave alone, what doctor says.
. "${FM_SRC:?}/tests/usb/lib.sh"
rules=/run/udev/rules.d/70-flashmend.rules

# property PATH KEY: of a node in sysfs; tagged PATH TAG: now
property() { udevadm info -q property -p "$1" | sed -n "s/^$2=//p"; }
tagged() { udevadm info -q property -p "$1" | grep -Eq "^CURRENT_TAGS=.*:$2:"; }
shows() { [ "$(property "$1" "$2")" = "$3" ] || { udevadm info -p "$1"; return 1; }; }
usb() { echo "/sys/bus/usb/devices/$1"; }

ok "no rules: doctor" fm 0 doctor
ok "says so" eval 'said out "WARN\] udev rules +not installed" && said out "flashmend catalog udev"'
# (dfu-util, where it is installed, brings a rule for its own)
sim_usb before touch --kind=none --vid=0x2e8a --pid=0x000a
ok "without rules a unit has no tag" eval '! tagged "$(usb $before_path)" uaccess'
sim_stop before

ok "catalog udev" fm 0 catalog udev
mkdir -p /run/udev/rules.d
cp "$work/out" "$rules"
if udevadm verify --help >/dev/null 2>&1; then
	ok "udevadm verify" udevadm verify "$rules"
fi
ok "reload" udevadm control --reload
ok "doctor" fm 0 doctor
ok "is content" eval 'said out "ok +\] udev rules" && ! grep -q "WARN\] udev rules" "$work/out"'

sim_usb stm32 dfuse
ok "DfuSe by its class: may be opened by who sits there" tagged "$(usb $stm32_path)" uaccess
ok "ModemManager leaves it alone" shows "$(usb $stm32_path)" ID_MM_DEVICE_IGNORE 1
ok "udevadm test reads no error in the rules" eval '
	udevadm test "$(usb $stm32_path)" >"$work/test" 2>&1; ! grep -E "70-flashmend.rules.*(rror|nvalid|gnor)" "$work/test"'
ok "... and sets them too" grep -q '^ID_MM_DEVICE_IGNORE=1' "$work/test"
sim_stop stm32

sim_usb pico touch --kind=rp2040 --vid=0x2e8a --pid=0x000a into picoboot --fast
tty=$(usb $pico_path)/$(basename $pico_path):1.0/tty/ttyACM0
ok "a Pico's application" tagged "$(usb $pico_path)" uaccess
# (the port's tag says nothing here: avrdude, where it is installed, brings a rule for all of them)
ok "ModemManager leaves its port alone" shows "$tty" ID_MM_DEVICE_IGNORE 1
stty -F /dev/ttyACM0 9600 hupcl && stty -F /dev/ttyACM0 1200 hupcl
in_rom() { [ "$(cat "$(usb $pico_path)/idProduct" 2>/dev/null)" = 0003 ] && on_bus $pico_path; }
ok "in its boot ROM" wait_for in_rom
ok "it is tagged too" tagged "$(usb $pico_path)" uaccess
sim_stop pico

sim_usb stranger touch --kind=none --vid=0x1d6b --pid=0x0104
tty=$(usb $stranger_path)/$(basename $stranger_path):1.0/tty/ttyACM0
ok "a stranger is left alone" eval '! tagged "$(usb $stranger_path)" uaccess && shows "$(usb $stranger_path)" ID_MM_DEVICE_IGNORE ""'
ok "and its port" shows "$tty" ID_MM_DEVICE_IGNORE ""
sim_stop stranger

rm "$rules"
udevadm control --reload
ok "doctor misses them when they have gone" eval 'fm 0 doctor && said out "WARN\] udev rules +not installed"'
done_testing
