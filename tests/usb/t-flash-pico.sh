#!/bin/bash
# RP2040 and RP2350 end to end: in BOOTSEL, from the application by the reset interface and by 1200 baud, and back.
. "${FM_SRC:?}/tests/usb/lib.sh"

image() { perl "$FM_SRC/tests/usb/pico-image.pl" "$@"; }
became() { on_bus "$1" && [ "$(cat "/sys/bus/usb/devices/$1/idProduct")" = "$2" ]; } # PATH PID
# holds FILE: what the pulled unit has at the start of its flash
holds() { cmp -n "$(stat -c %s "$1")" "$1" "$flash"; }
# pico OPTIONS...: a unit whose flash is kept
pico() { sim_usb pico picoboot --fast "--chip=$chip" "--flash=$flash" "$@"; }
flash=$work/flash

in_bootsel() {
	pico
	ok "$chip: list" fm 0 list --json
	ok "$chip: in ROM" eval 'jq -es "any(.models[0] == \"$model\" and .state == \"ROM\")" "$work/out"'
	ok "$chip: a UF2 file" fm 0 flash -y "$work/one.uf2"
	ok "$chip: passed" result PASS "$model@usb:$pico_path" OK
	ok "$chip: proved by reading it back" said err '^proved +20480 bytes by reading back'
	ok "$chip: the application is back" became "$pico_path" $app
	sim_stop pico
	ok "$chip: the flash holds it" holds "$work/one.bin"

	pico
	ok "$chip: info" fm 0 info --json
	ok "$chip: program and version out of its binary info" eval '
		jq -es "any(.fact == \"program\" and .value == \"blinky\") and any(.fact == \"version\" and .value == \"1.2.3\")" "$work/out"'
	ok "$chip: a file of the other chip's family" fm 8 flash -y "$work/other.uf2"
	ok "$chip: which is said" said err "^E400 .*rule 'family'.*takes"
	ok "$chip: nothing was done" result NONE E400
	ok "$chip: an ELF file" fm 0 flash -y "$work/two.elf"
	ok "$chip: the application is back" became "$pico_path" $app
}

# of the unit as in_bootsel left it
other_commands() {
	ok "$chip: verify" fm 0 verify "$work/two.uf2"
	ok "$chip: the application is back" wait_for became "$pico_path" $app
	ok "$chip: verify, another file" fm 11 verify "$work/one.uf2"
	ok "$chip: says where" said err '^E412 .* flash 0x100000'
	sim_stop pico
	ok "$chip: the flash holds it" holds "$work/two.bin"
	pico
	ok "$chip: backup" fm 0 backup -o "$work/back.bin" --format=raw
	ok "$chip: holds the program" cmp -n 20480 "$work/two.bin" "$work/back.bin"
	ok "$chip: it is still in ROM" became "$pico_path" $rom
	ok "$chip: a raw file" fm 0 flash -y --base=0x10000000 "$work/one.bin"
	sim_stop pico
	ok "$chip: the flash holds it" holds "$work/one.bin"
	pico
	ok "$chip: erase" fm 0 erase -y
	sim_stop pico
	ok "$chip: the flash is blank" eval '[ -z "$(tr -d "\377" <"$flash" | head -c 1)" ]'
}

from_the_application() {
	cp "$work/one.bin" "$flash"
	pico --application
	ok "$chip: it runs" became "$pico_path" $app
	ok "$chip: info takes it to its ROM" fm 0 info
	ok "$chip: program and version" eval 'said out "^program +blinky" && said out "^version +1.2.3"'
	ok "$chip: and back" wait_for became "$pico_path" $app
	ok "$chip: a program that does not start" fm 12 flash -y "$work/bad.uf2"
	ok "$chip: is told" said err "^E413 .*the program did not start: the unit at usb $pico_path came back as 2e8a:$rom"
	ok "$chip: failed" result FAIL "$model@usb:$pico_path" E413
	ok "$chip: known soon" said err '^confirm +FAILED +[0-3][.]'
	ok "$chip: the next one repairs it" fm 0 flash -y "$work/two.uf2"
	ok "$chip: by the reset interface" fm 0 flash -y "$work/one.uf2"
	ok "$chip: passed" result PASS "$model@usb:$pico_path" OK
	ok "$chip: the application is back" became "$pico_path" $app
	sim_stop pico
	ok "$chip: the flash holds it" holds "$work/one.bin"
}

for chip in rp2040 rp2350; do
	image $chip 20480 blinky 1.2.3 "$work/one"
	image $chip 20480 blinky 1.2.4 "$work/two" seed=2
	image $chip 20480 blinky 1.2.5 "$work/bad" seed=3 boots=0
	rm -f "$flash"
	if [ $chip = rp2040 ]; then
		image $chip 4096 other 1.0 "$work/other" family=0xe48bff59
		model=rpi-pico rom=0003 app=000a
		in_bootsel
		other_commands
	else
		image $chip 4096 other 1.0 "$work/other" family=0xe48bff56
		model=rpi-pico2 rom=000f app=0009
		in_bootsel
		sim_stop pico
		ok "$chip: the flash holds it" holds "$work/two.bin"
	fi
	from_the_application
done

# without a reset interface: by its serial port
chip=rp2040
image $chip 20480 blinky 1.2.3 "$work/one"
image $chip 65536 blinky 2.0.0 "$work/large" seed=5
sim_usb port touch --kind=rp2040 --vid=0x2e8a --pid=0x000a --serial=TOUCHED into picoboot --fast
ok "touch: list shows its port" fm 0 list --json
ok "touch: ready" eval 'jq -es "any(.serial == \"TOUCHED\" and .port == \"/dev/ttyACM0\" and .state == \"READY\")" "$work/out"'
ok "touch: flash" fm 0 flash -y -d serial:TOUCHED "$work/one.uf2"
ok "touch: passed" result PASS rpi-pico@/dev/ttyACM0 OK
ok "touch: back as what it was" became "$port_path" 000a
sim_stop port

# a unit that refuses, and one whose cable is pulled
rm -f "$flash"
pico --stall=20
ok "stall: tried again" fm 0 flash -y "$work/large.uf2"
sim_stop pico
ok "stall: the flash holds it" holds "$work/large.bin"
pico --unplug-byte=30000
ok "unplugged while it is written" fm 13 flash -y "$work/large.uf2"
ok "is told" eval 'said err "^E414 " && result UNCLEAR rpi-pico@usb:$pico_path E414'
ok "it is off the bus" off_bus "$pico_path"
sim_stop pico
ok "it holds a part" eval '! holds "$work/large.bin"'
pico
ok "list does not forget" eval 'fm 0 list && said out "usb $pico_path"'
ok "the next run brings it back" fm 0 flash -y "$work/large.uf2"
ok "passed" result PASS "rpi-pico@usb:$pico_path" OK
sim_stop pico
ok "the flash holds it" holds "$work/large.bin"
pico --weak=3
ok "a sector that does not keep what is written" fm 11 flash -y "$work/one.uf2"
ok "is named" said err '^E412 .*0x10003'
sim_stop pico
done_testing
