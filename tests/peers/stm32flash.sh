#!/bin/bash
# The simulated STM32 judged by the field's own tool: stm32flash writes, reads back, erases and asks for checksums.
# A pty carries no parity, so -m 8n1; the simulator counts 11 bits a byte all the same.
. "${FM_SRC:?}/tests/lib.sh"
needs stm32flash

flash() {
	timeout 60 stm32flash -b 115200 -m 8n1 "$@" "$work/port"
}

flash_says() { # flash_says TEXT OPTION...
	flash "${@:2}" | tee /dev/stderr | grep -q "$1"
}

crc_of() {
	flash -C -S 0x08000000:4096 2>/dev/null | sed -n 's/.*CRC(.*) = //p'
}

# A file whose size is no multiple of anything.
head -c 4000 /dev/urandom >"$work/image"
head -c 96 /dev/zero | tr '\0' '\377' | cat "$work/image" - >"$work/padded"

for part in "410 F10xxx" "423 F401xB" "435 L43xxx"; do
	pid=${part% *}
	name=${part#* }
	sim port --pid="0x$pid" --flash="$work/flash-$pid"
	ok "$pid is taken for an STM32$name" flash_says "0x0$pid (STM32$name"
	ok "$pid: write with verify" flash -w "$work/image" -v
	ok "$pid: read back" flash -r "$work/back" -S 0x08000000:4096
	ok "$pid: what is read is what was written" cmp "$work/padded" "$work/back"
	stop port
	ok "$pid: the flash is in the file" cmp -n 4096 "$work/padded" "$work/flash-$pid"
	sim port --pid="0x$pid" --flash="$work/flash-$pid" --fast
	ok "$pid: mass erase" flash -o
	stop port
	head -c "$(stat -c %s "$work/flash-$pid")" /dev/zero | tr '\0' '\377' >"$work/blank"
	ok "$pid: the flash is blank" cmp "$work/blank" "$work/flash-$pid"
done

cp "$work/padded" "$work/flash"
sim port --fast --crc --flash="$work/flash"
with=$(crc_of)
stop port
sim port --fast --flash="$work/flash"
without=$(crc_of)
stop port
ok "the unit's checksum is the one that stm32flash computes ($with)" test -n "$with" -a "$with" = "$without"

sim port --fast --read-protected
ok "a read protected unit refuses" eval '! flash -w "$work/image"'
ok "and is released by an erase" flash -k
stop port
done_testing
