#!/bin/bash
# Our STK500 protocols and avrdude on Debian's real AVR boot loaders, each read back by the other.
. "$FM_SRC/tests/real/avr-rig.sh" || exit 1
avr_require
n=0

check() { # DESCRIPTION COMMAND...
	local what=$1
	n=$((n + 1))
	shift
	if "$@"; then
		echo "ok $n - $what"
	else
		echo "not ok $n - $what"
		tail -qn 5 "$dir/avrdude.log" "$dir/proto.log" 2>/dev/null | sed 's/^/# /'
	fi
}

proto() { # NAME PART ARGUMENTS...
	local port=$dir/$1
	avr_part "$2"
	shift 2
	timeout 60 "$FM_BUILD/tests/real/proto-avr" "$port" "$baud" "$protocol" "$@" >"$dir/proto.log" 2>&1
}

# What lies in the chip is what the file says.
in_flash() { # NAME FILE
	: >"$dir/$1.saved"
	avr_say "$1" save
	avr_wait_for "$dir/$1.log" saved && cmp -n "$(stat -c %s "$2")" "$dir/$1.flash" "$2"
}

no_overruns() {
	avr_say "$1" counts
	avr_wait_for "$dir/$1.log" counts && ! grep '^counts' "$dir/$1.log" | grep -v 'overruns=0'
}

exchange() { # PART BYTES
	local unit=$1
	head -c "$2" /dev/urandom >"$dir/a.bin"
	head -c "$2" /dev/urandom >"$dir/b.bin"
	check "$1: the unit starts" avr_start "$unit" "$1"
	check "$1: avrdude writes $2 bytes and verifies" avr_dude "$unit" "$1" "flash:w:$dir/a.bin:r"
	check "$1: they are in the flash" in_flash "$unit" "$dir/a.bin"
	check "$1: we read them" proto "$unit" "$1" read "$2" "$dir/read.bin"
	check "$1: as avrdude wrote them" cmp "$dir/a.bin" "$dir/read.bin"
	check "$1: we write others and verify" proto "$unit" "$1" write "$dir/b.bin"
	echo "# $(cat "$dir/proto.log")"
	check "$1: avrdude finds them" avr_dude "$unit" "$1" "flash:v:$dir/b.bin:r"
	check "$1: no byte came too early for the chip" no_overruns "$unit"
	avr_stop "$unit"
	check "$1: they are kept without power" cmp -n "$2" "$dir/$unit.flash" "$dir/b.bin"
}

exchange optiboot 8192
exchange atmegaboot 4096
exchange diecimila 4096
exchange mega 65536

# 28 KiB on Optiboot, side by side, from opening the port to leaving.
compare_speed() {
	local start ours
	head -c 28672 /dev/urandom >"$dir/a.bin"
	avr_dude speed optiboot "flash:w:$dir/a.bin:r" || return
	start=$(date +%s%N)
	proto speed optiboot write "$dir/a.bin" || return
	ours=$((($(date +%s%N) - start) / 1000000))
	echo "# avrdude $took_ms ms, we $ours ms: $(cat "$dir/proto.log")"
	[ $((ours * 100)) -le $((took_ms * 90)) ]
}
check "optiboot: a unit for the comparison" avr_start speed optiboot
check "optiboot: 28 KiB in at most 0.90 of avrdude's time" compare_speed
avr_stop speed

# What happens to people: no reset line, another rate, power lost in the middle.
check "a unit without a reset line" avr_start deaf optiboot --no-reset-line
check "is told by its silence" sh -c "! '$FM_BUILD/tests/real/proto-avr' '$dir/deaf' 115200 stk500v1 read 128 \
	'$dir/read.bin' 2>'$dir/proto.log' >/dev/null && grep -q E206 '$dir/proto.log'"
avr_say deaf reset
check "and found after a press on reset" proto deaf optiboot read 128 "$dir/read.bin"
check "another rate is told" sh -c "! '$FM_BUILD/tests/real/proto-avr' '$dir/deaf' 57600 stk500v1 read 128 \
	'$dir/read.bin' 2>'$dir/proto.log' >/dev/null && grep -q E206 '$dir/proto.log'"
avr_stop deaf

lose_power() {
	head -c 8192 /dev/urandom >"$dir/a.bin"
	avr_say weak "cut-after 4000"
	! proto weak optiboot write "$dir/a.bin" && grep -q 'E204' "$dir/proto.log" && [ ! -e "$dir/weak" ] &&
		avr_wait_for "$dir/weak.log" 'power off' && ! cmp -s -n 8192 "$dir/weak.flash" "$dir/a.bin" &&
		cmp -s -n 2048 "$dir/weak.flash" "$dir/a.bin"
}
come_back() {
	: >"$dir/weak.log"
	avr_say weak "power on"
	avr_wait_for "$dir/weak.log" ready && proto weak optiboot write "$dir/a.bin"
}
check "a unit that loses its power" avr_start weak optiboot
check "vanishes in the middle of a write" lose_power
check "and is written after it came back" come_back
avr_stop weak

# The application that the demo upgrades.
answer() { # NAME TEXT: what the application says to its version question
	local i said=
	exec 9<>"$dir/$1"
	for i in 1 2 3 4 5 6; do
		printf '?\r' >&9
		said=$(timeout 0.5 head -n 1 <&9 | tr -d '\r')
		[ -n "$said" ] && break
	done
	exec 9>&-
	[ "$said" = "$2" ] || { echo "# it says '$said'"; return 1; }
}
if [ -e "$FM_BUILD/tests/real/app/demo-m328p-small-1.0.0.hex" ]; then
	app=$FM_BUILD/tests/real/app
	check "the demo application" avr_start demo optiboot --application "$app/demo-m328p-small-1.0.0.hex"
	check "answers its version" answer demo "flashmend-demo 1.0.0"
	check "is upgraded" proto demo optiboot write "$app/demo-m328p-small-1.1.0.hex"
	check "and answers its new one" answer demo "flashmend-demo 1.1.0"
	avr_stop demo
fi
echo "1..$n"
