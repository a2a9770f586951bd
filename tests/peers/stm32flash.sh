#!/bin/bash
# The simulated STM32 judged by the field's own tool: stm32flash writes, reads back, erases and asks for checksums.
# A pty carries no parity, so -m 8n1; the simulator counts 11 bits a byte all the same.
if ! command -v stm32flash >/dev/null; then
	echo "1..0 # SKIP stm32flash is not installed"
	exit 0
fi
dir=$(mktemp -d) || exit 1
sim=
stop_sim() {
	[ -n "$sim" ] && kill "$sim" 2>/dev/null && wait "$sim"
	sim=
}
trap 'stop_sim; rm -rf "$dir"' EXIT

# start_sim OPTION...: a unit behind $dir/port
start_sim() {
	"${FM_BUILD:-.}/flashmend-sim" stm32 --link="$dir/port" "$@" >"$dir/ready" &
	sim=$!
	for _ in $(seq 100); do
		grep -q '^ready' "$dir/ready" && return 0
		sleep 0.05
	done
	return 1
}

n=0
check() { # check NAME COMMAND...
	n=$((n + 1))
	if "${@:2}" >"$dir/log" 2>&1; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		sed 's/^/# /' "$dir/log"
	fi
}

flash() {
	timeout 60 stm32flash -b 115200 -m 8n1 "$@" "$dir/port"
}

flash_says() { # flash_says TEXT OPTION...
	flash "${@:2}" | tee /dev/stderr | grep -q "$1"
}

crc_of() {
	flash -C -S 0x08000000:4096 2>/dev/null | sed -n 's/.*CRC(.*) = //p'
}

# A file whose size is no multiple of anything.
head -c 4000 /dev/urandom >"$dir/image"
head -c 96 /dev/zero | tr '\0' '\377' | cat "$dir/image" - >"$dir/padded"

for part in "410 F10xxx" "423 F401xB" "435 L43xxx"; do
	pid=${part% *}
	name=${part#* }
	start_sim --pid="0x$pid" --flash="$dir/flash-$pid" || { echo "Bail out! no simulator"; exit 1; }
	check "$pid is taken for an STM32$name" flash_says "0x0$pid (STM32$name"
	check "$pid: write with verify" flash -w "$dir/image" -v
	check "$pid: read back" flash -r "$dir/back" -S 0x08000000:4096
	check "$pid: what is read is what was written" cmp "$dir/padded" "$dir/back"
	stop_sim
	check "$pid: the flash is in the file" cmp -n 4096 "$dir/padded" "$dir/flash-$pid"
	start_sim --pid="0x$pid" --flash="$dir/flash-$pid" --fast
	check "$pid: mass erase" flash -o
	stop_sim
	head -c "$(stat -c %s "$dir/flash-$pid")" /dev/zero | tr '\0' '\377' >"$dir/blank"
	check "$pid: the flash is blank" cmp "$dir/blank" "$dir/flash-$pid"
done

cp "$dir/padded" "$dir/flash"
start_sim --fast --crc --flash="$dir/flash"
with=$(crc_of)
stop_sim
start_sim --fast --flash="$dir/flash"
without=$(crc_of)
stop_sim
check "the unit's checksum is the one that stm32flash computes ($with)" test -n "$with" -a "$with" = "$without"

start_sim --fast --read-protected
check "a read protected unit refuses" eval '! flash -w "$dir/image"'
check "and is released by an erase" flash -k
stop_sim
echo "1..$n"
