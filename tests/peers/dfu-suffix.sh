#!/bin/bash
# DFU files judged by dfu-util's own tools: dfu-suffix accepts what flashmend writes, and flashmend reads what dfu-suffix and
# dfu-prefix make.
for tool in dfu-suffix dfu-prefix; do
	if ! command -v $tool >/dev/null; then
		echo "1..0 # SKIP $tool is not installed"
		exit 0
	fi
done
segments=${FM_BUILD:-.}/tests/unit/image/segments
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

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

# says PATTERN COMMAND...: what the command prints, whatever its status, has a line like this
says() {
	"${@:2}" >"$dir/said" 2>&1
	grep -Eq -- "$1" "$dir/said" && return 0
	echo "no '$1' in:"
	cat "$dir/said"
	return 1
}

sum() {
	sha256sum "$1" | cut -d' ' -f1
}

head -c 5000 /dev/zero | tr '\0' 'x' >"$dir/fw.bin"
printf '\001\002\377' >>"$dir/fw.bin"

# ours, judged by dfu-suffix
"$segments" --save dfu "$dir/ours.dfu" "$dir/fw.bin"
check "dfu-suffix accepts a DFU file that we wrote" dfu-suffix -c "$dir/ours.dfu"
check "... and finds DFU 1.0 for any unit" says 'BCD DFU:[[:space:]]*0x0100' dfu-suffix -c "$dir/ours.dfu"
check "... and any vendor" says 'Vendor ID:[[:space:]]*0xFFFF' dfu-suffix -c "$dir/ours.dfu"
"$segments" --save dfuse "$dir/ours-st.dfu" "$dir/fw.bin"
check "dfu-suffix accepts a DfuSe file that we wrote" dfu-suffix -c "$dir/ours-st.dfu"
check "... and finds DfuSe" says 'BCD DFU:[[:space:]]*0x011A' dfu-suffix -c "$dir/ours-st.dfu"
cp "$dir/ours.dfu" "$dir/back.bin"
check "dfu-suffix takes our suffix off" dfu-suffix -D "$dir/back.bin"
check "... and the firmware is left" cmp "$dir/back.bin" "$dir/fw.bin"

# theirs, read by us
cp "$dir/fw.bin" "$dir/theirs.dfu"
check "dfu-suffix adds a suffix" dfu-suffix -v 0x1234 -p 0xabcd -d 0x0321 -a "$dir/theirs.dfu"
check "we read it" says '^format dfu ' "$segments" "$dir/theirs.dfu"
check "... without the suffix" says "^flash 0x0 5003 $(sum "$dir/fw.bin")" "$segments" "$dir/theirs.dfu"
check "... and for whom it is" says '^usb 1234:abcd 0321' "$segments" "$dir/theirs.dfu"
"$segments" --save dfu "$dir/again.dfu" "$dir/theirs.dfu"
check "what we make of it is the same file" cmp "$dir/again.dfu" "$dir/theirs.dfu"
cp "$dir/fw.bin" "$dir/ti.dfu"
check "dfu-prefix adds a Stellaris prefix" dfu-prefix -s 0x4000 -a "$dir/ti.dfu"
cp "$dir/ti.dfu" "$dir/ti.bin"
dfu-suffix -v 0x1cbe -p 0x00ff -a "$dir/ti.dfu" >/dev/null
check "we tell it" says "^note begins with TI's prefix for 0x00004000" "$segments" "$dir/ti.dfu"
check "... and keep it" says "^flash 0x0 5011 $(sum "$dir/ti.bin")" "$segments" "$dir/ti.dfu"
cp "$dir/fw.bin" "$dir/lpc.dfu"
check "dfu-prefix adds an LPC prefix" dfu-prefix -L -a "$dir/lpc.dfu"
dfu-suffix -a "$dir/lpc.dfu" >/dev/null
check "we tell it" says "^note begins with NXP's LPC prefix" "$segments" "$dir/lpc.dfu"

# damaged: both say no
printf 'y' | dd of="$dir/theirs.dfu" bs=1 seek=100 conv=notrunc 2>/dev/null
check "dfu-suffix refuses a damaged file" says 'CRC|suffix' dfu-suffix -c "$dir/theirs.dfu"
check "so do we, and say where" says '^E301 .*offset 5015: the CRC is' "$segments" "$dir/theirs.dfu"
echo "1..$n"
