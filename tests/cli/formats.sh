#!/bin/bash
# UF2, DFU and DfuSe files from the command line, on a simulated STM32: what they say of their target, and backups in them.
. "${FM_SRC:?}/tests/lib.sh"

segments=$build/tests/unit/image/segments
unit="-m stm32f103x8 -d port:$work/unit"
vectors "$work/fw.bin" 4096
objcopy -I binary -O ihex --change-addresses 0x08000000 "$work/fw.bin" "$work/fw.hex"
for format in uf2 dfuse; do
	"$segments" --save $format "$work/fw.$format" "$work/fw.hex"
done
"$segments" --save dfu "$work/fw.dfu" "$work/fw.bin"

# of_family FILE ID: the UF2 file with this family in each of its blocks
of_family() {
	perl -0777 -e 'my ($id) = @ARGV; local $_ = <STDIN>;
		while (length) {
			my $block = substr($_, 0, 512, "");
			substr($block, 8, 4) = pack("V", 0x2000);
			substr($block, 28, 4) = pack("V", hex($id));
			print $block;
		}' "$2" <"$1"
}

same_flash() { # the unit's flash begins with the firmware
	stop unit
	cmp -n 4096 "$work/fw.bin" "$work/flash.bin"
}

for format in uf2 dfu dfuse; do
	rm -f "$work/flash.bin"
	sim unit --pid 0x410 --flash "$work/flash.bin" --fast
	ok "flash from $format" fm 0 flash -y $unit "$work/fw.$format"
	ok "... it is verified" result PASS "stm32f10x-md@$work/unit" OK
	ok "... nothing is said of a USB identity or family that blocks" bash -c "! grep -q '^BLOCKED' '$work/out'"
	ok "... the unit has the firmware" same_flash
done

sim unit --pid 0x410 --flash "$work/flash.bin" --fast
of_family "$work/fw.uf2" 5ee21072 >"$work/f1.uf2"
ok "a family that the definition does not name is told" fm 0 check $unit "$work/f1.uf2"
ok "... by its name" said out '^WARN +family .*for STM32F1$'
{ of_family "$work/fw.uf2" 5ee21072; of_family "$work/fw.uf2" e48bff56; } >"$work/both.uf2"
ok "of two families none is guessed" fm 8 flash -y $unit "$work/both.uf2"
ok "... and both are named" said err 'E400.*STM32F1, RP2040'
ok "a UF2 that is cut is refused" bash -c "head -c 1000 '$work/fw.uf2' >'$work/cut.uf2'"
ok "... with its place" fm 7 check $unit "$work/cut.uf2"
ok "... in the message" said err 'E301.*cut.uf2: offset 512'

# headers that say what the file is
sample() { # sample FORMAT/NAME FILE: of the fuzz targets' corpus
	perl -0777 -pe 's/[^0-9a-fA-F]//g; $_ = pack("H*", $_)' "$src/tests/fuzz/corpus/$1.xxd" >"$2"
}
sample esp/application "$work/esp.bin"
ok "an ESP image is for another chip" fm 8 flash -y $unit "$work/esp.bin"
ok "... which is named" said err "E400.*rule 'chip': the file: esp32s3; the unit: 0410"
sample mcuboot/signed "$work/mcuboot.bin"
ok "an MCUboot image" fm 0 check $unit "$work/mcuboot.bin"
ok "... says its version" said out '^FITS +version +file +1.2.3\+4$'
ok "... and who signed it" said out 'unit +the file is an MCUboot image, signed with ECDSA by'
sample mcuboot/wrong-hash "$work/mcuboot.bin"
ok "... damaged" fm 7 flash -y $unit "$work/mcuboot.bin"
ok "... is told so" said err 'E301.*offset 52: the SHA-256 of header and image is another: the file is damaged'
sample uimage/plain "$work/uimage.bin"
ok "a uImage" fm 0 check $unit "$work/uimage.bin"
ok "... says what it is for" said out 'unit +the file is a uImage for ARM: kernel, not'

for format in uf2 dfu dfuse; do
	ok "backup as $format" fm 0 backup $unit --format $format -o "$work/back.$format"
	ok "... it is read again as that" bash -c "'$segments' '$work/back.$format' | grep -q '^format $format '"
	ok "... and verifies" fm 0 verify $unit "$work/back.$format"
done
ok "an ELF is no backup" fm 2 backup $unit --format elf -o "$work/back.elf"
ok "... and the others are named" said err 'raw, ihex, srec, uf2, dfu or dfuse'
done_testing
