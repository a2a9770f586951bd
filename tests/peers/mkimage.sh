#!/bin/bash
# uImages that U-Boot's own mkimage makes: flashmend reads of each what mkimage says of it.
. "${FM_SRC:?}/tests/lib.sh"
needs mkimage

segments=$build/tests/unit/image/segments
random "$work/data" 3000
gzip -nc "$work/data" >"$work/data.gz"

# made ARCH TYPE COMPRESSION WANTED...: mkimage makes it, and flashmend says of it these words
made() {
	local arch=$1 type=$2 compression=$3
	shift 3
	mkimage -A "$arch" -O linux -T "$type" -C "$compression" -a 0x80100000 -e 0x80100040 -n "Test of $arch" \
		-d "$work/data.gz" "$work/u.img" >/dev/null || return 1
	"$segments" "$work/u.img" >"$work/out" || return 1
	grep -qx 'format uimage entry none chip none' "$work/out" &&
		grep -qFx "note is a uImage for $*, loads at 0x80100000, 'Test of $arch'" "$work/out" && return 0
	cat "$work/out"
	return 1
}

ok "arm" made arm kernel gzip "ARM: kernel, gzip"
ok "arm64" made arm64 kernel lzma "ARM64: kernel, LZMA"
ok "mips" made mips kernel lzma "MIPS: kernel, LZMA"
ok "mips64" made mips64 ramdisk bzip2 "MIPS64: RAM disk, bzip2"
ok "powerpc" made powerpc firmware none "PowerPC: firmware, not compressed"
ok "riscv" made riscv kernel zstd "RISC-V: kernel, zstd"
ok "x86" made x86 standalone lz4 "x86: standalone program, LZ4"
ok "x86_64" made x86_64 kernel lzo "x86-64: kernel, LZO"
ok "sh" made sh filesystem none "SuperH: file system, not compressed"
ok "xtensa" made xtensa kernel_noload none "Xtensa: kernel, not compressed"
ok "nios2" made nios2 multi none "Nios II: several files, not compressed"
ok "arc" made arc script none "ARC: script, not compressed"
ok "m68k" made m68k kernel gzip "m68k: kernel, gzip"
ok "microblaze" made microblaze kernel gzip "MicroBlaze: kernel, gzip"
ok "avr32" made avr32 kernel gzip "AVR32: kernel, gzip"

# damage AT: one byte of the file
damage() {
	printf x | dd of="$work/u.img" bs=1 seek="$1" conv=notrunc status=none
	! "$segments" "$work/u.img" >"$work/out"
}
ok "the data damaged" damage 70
ok "... is said where" said out "offset 24: the data's CRC"
ok "the header damaged" damage 40
ok "... is said where" said out "offset 4: the header's CRC"
done_testing
