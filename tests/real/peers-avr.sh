#!/bin/bash
# Our STK500 protocols and avrdude on Debian's real AVR boot loaders, each read back by the other.
. "$FM_SRC/tests/real/avr-rig.sh" || exit 1
avr_require

proto() { # NAME PART ARGUMENTS...
	local port=$work/$1
	avr_part "$2"
	shift 2
	timeout 60 "$build/tests/real/proto-avr" "$port" "$baud" "$protocol" "$@" >"$work/proto.log" 2>&1 && return
	cat "$work/proto.log"
	return 1
}

# What lies in the chip is what the file says.
in_flash() { # NAME FILE
	avr_save "$1" && cmp -n "$(stat -c %s "$2")" "$work/$1.flash" "$2"
}

exchange() { # PART BYTES
	local unit=$1
	head -c "$2" /dev/urandom >"$work/a.bin"
	head -c "$2" /dev/urandom >"$work/b.bin"
	ok "$1: the unit starts" avr_start "$unit" "$1"
	ok "$1: avrdude writes $2 bytes and verifies" avr_dude "$unit" "$1" "flash:w:$work/a.bin:r"
	ok "$1: they are in the flash" in_flash "$unit" "$work/a.bin"
	ok "$1: we read them" proto "$unit" "$1" read "$2" "$work/read.bin"
	ok "$1: as avrdude wrote them" cmp "$work/a.bin" "$work/read.bin"
	ok "$1: we write others and verify" proto "$unit" "$1" write "$work/b.bin"
	echo "# $(cat "$work/proto.log")"
	ok "$1: avrdude finds them" avr_dude "$unit" "$1" "flash:v:$work/b.bin:r"
	ok "$1: no byte came too early for the chip" avr_no_overruns "$unit"
	stop "$unit"
	ok "$1: they are kept without power" cmp -n "$2" "$work/$unit.flash" "$work/b.bin"
}

exchange optiboot 8192
exchange atmegaboot 4096
exchange diecimila 4096
exchange mega 65536

# What happens to people: no reset line, another rate, power lost in the middle.
ok "a unit without a reset line" avr_start deaf optiboot --no-reset-line
ok "is told by its silence" sh -c "! '$build/tests/real/proto-avr' '$work/deaf' 115200 stk500v1 read 128 \
	'$work/read.bin' 2>'$work/proto.log' >/dev/null && grep -q E206 '$work/proto.log'"
avr_tell deaf reset
ok "and found after a press on reset" proto deaf optiboot read 128 "$work/read.bin"
ok "another rate is told" sh -c "! '$build/tests/real/proto-avr' '$work/deaf' 57600 stk500v1 read 128 \
	'$work/read.bin' 2>'$work/proto.log' >/dev/null && grep -q E206 '$work/proto.log'"
stop deaf

lose_power() {
	head -c 8192 /dev/urandom >"$work/a.bin"
	avr_tell weak "cut-after 4000"
	! proto weak optiboot write "$work/a.bin" && grep -q 'E204' "$work/proto.log" && [ ! -e "$work/weak" ] &&
		wait_for grep -q '^power off' "$work/weak.log" && ! cmp -s -n 8192 "$work/weak.flash" "$work/a.bin" &&
		cmp -s -n 2048 "$work/weak.flash" "$work/a.bin"
}
come_back() {
	avr_say weak "power on" ready && proto weak optiboot write "$work/a.bin"
}
ok "a unit that loses its power" avr_start weak optiboot
ok "vanishes in the middle of a write" lose_power
ok "and is written after it came back" come_back
stop weak

# The application that the demo upgrades.
answer() { # NAME TEXT: what the application says to its version question
	local i said=
	exec 9<>"$work/$1"
	for i in 1 2 3 4 5 6; do
		printf '?\r' >&9
		said=$(timeout 0.5 head -n 1 <&9 | tr -d '\r')
		[ -n "$said" ] && break
	done
	exec 9>&-
	[ "$said" = "$2" ] || { echo "# it says '$said'"; return 1; }
}
if [ -e "$build/tests/real/app/demo-m328p-small-1.0.0.hex" ]; then
	app=$build/tests/real/app
	ok "the demo application" avr_start demo optiboot --application "$app/demo-m328p-small-1.0.0.hex"
	ok "answers its version" answer demo "flashmend-demo 1.0.0"
	ok "is upgraded" proto demo optiboot write "$app/demo-m328p-small-1.1.0.hex"
	ok "and answers its new one" answer demo "flashmend-demo 1.1.0"
	stop demo
fi
done_testing
