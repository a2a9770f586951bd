#!/bin/bash
# DFU files judged by dfu-util's own tools: dfu-suffix accepts what flashmend writes, and flashmend reads what dfu-suffix and
# dfu-prefix make.
. "${FM_SRC:?}/tests/lib.sh"
needs dfu-suffix dfu-prefix
segments=$build/tests/unit/image/segments

# says PATTERN COMMAND...: what the command prints, whatever its status, has a line like this
says() {
	"${@:2}" >"$work/said" 2>&1
	grep -Eq -- "$1" "$work/said" && return 0
	echo "no '$1' in:"
	cat "$work/said"
	return 1
}

sum() {
	sha256sum "$1" | cut -d' ' -f1
}

head -c 5000 /dev/zero | tr '\0' 'x' >"$work/fw.bin"
printf '\001\002\377' >>"$work/fw.bin"

# ours, judged by dfu-suffix
"$segments" --save dfu "$work/ours.dfu" "$work/fw.bin"
ok "dfu-suffix accepts a DFU file that we wrote" dfu-suffix -c "$work/ours.dfu"
ok "... and finds DFU 1.0 for any unit" says 'BCD DFU:[[:space:]]*0x0100' dfu-suffix -c "$work/ours.dfu"
ok "... and any vendor" says 'Vendor ID:[[:space:]]*0xFFFF' dfu-suffix -c "$work/ours.dfu"
"$segments" --save dfuse "$work/ours-st.dfu" "$work/fw.bin"
ok "dfu-suffix accepts a DfuSe file that we wrote" dfu-suffix -c "$work/ours-st.dfu"
ok "... and finds DfuSe" says 'BCD DFU:[[:space:]]*0x011A' dfu-suffix -c "$work/ours-st.dfu"
cp "$work/ours.dfu" "$work/back.bin"
ok "dfu-suffix takes our suffix off" dfu-suffix -D "$work/back.bin"
ok "... and the firmware is left" cmp "$work/back.bin" "$work/fw.bin"

# theirs, read by us
cp "$work/fw.bin" "$work/theirs.dfu"
ok "dfu-suffix adds a suffix" dfu-suffix -v 0x1234 -p 0xabcd -d 0x0321 -a "$work/theirs.dfu"
ok "we read it" says '^format dfu ' "$segments" "$work/theirs.dfu"
ok "... without the suffix" says "^flash 0x0 5003 $(sum "$work/fw.bin")" "$segments" "$work/theirs.dfu"
ok "... and for whom it is" says '^usb 1234:abcd 0321' "$segments" "$work/theirs.dfu"
"$segments" --save dfu "$work/again.dfu" "$work/theirs.dfu"
ok "what we make of it is the same file" cmp "$work/again.dfu" "$work/theirs.dfu"
cp "$work/fw.bin" "$work/ti.dfu"
ok "dfu-prefix adds a Stellaris prefix" dfu-prefix -s 0x4000 -a "$work/ti.dfu"
cp "$work/ti.dfu" "$work/ti.bin"
dfu-suffix -v 0x1cbe -p 0x00ff -a "$work/ti.dfu" >/dev/null
ok "we tell it" says "^note begins with TI's prefix for 0x00004000" "$segments" "$work/ti.dfu"
ok "... and keep it" says "^flash 0x0 5011 $(sum "$work/ti.bin")" "$segments" "$work/ti.dfu"
cp "$work/fw.bin" "$work/lpc.dfu"
ok "dfu-prefix adds an LPC prefix" dfu-prefix -L -a "$work/lpc.dfu"
dfu-suffix -a "$work/lpc.dfu" >/dev/null
ok "we tell it" says "^note begins with NXP's LPC prefix" "$segments" "$work/lpc.dfu"

# damaged: both say no
printf 'y' | dd of="$work/theirs.dfu" bs=1 seek=100 conv=notrunc 2>/dev/null
ok "dfu-suffix refuses a damaged file" says 'CRC|suffix' dfu-suffix -c "$work/theirs.dfu"
ok "so do we, and say where" says '^E301 .*offset 5015: the CRC is' "$segments" "$work/theirs.dfu"
done_testing
