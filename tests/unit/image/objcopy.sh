#!/bin/bash
# Our readers and writers against binutils, which has its own: the same files, the same bytes.
. "${FM_SRC:?}/tests/lib.sh"
needs objcopy as ld gzip sha256sum
segments=$build/tests/unit/image/segments
cd "$work" || exit 1

# same EXPECTED FILE: what we read in the file is this.
same() {
	diff <(echo "$1") <("$segments" "$2")
}

same_file() {
	cmp "$1" "$2"
}

# expect FORMAT ENTRY FILE ADDR: the whole file as one segment in flash.
expect() {
	printf 'format %s entry %s chip none\nflash %s %d %s' "$1" "$2" "$4" "$(stat -c %s "$3")" \
		"$(sha256sum <"$3" | cut -d' ' -f1)"
}

# Bytes that no one made up: the beginning of our own program. An odd length, more than 64 KiB.
head -c 70001 "$segments" >blob || exit 1
tail -c 66000 blob >raw
ok "raw" same "$(expect raw none raw 0x0)" raw
gzip -k raw
ok "raw, gzipped" same "$(expect raw none raw 0x0)" raw.gz

for address in 0x0 0x1f000 0x8004000 0xfffe0000; do
	objcopy -I binary -O ihex --change-addresses $address blob hex-$address
	objcopy -I binary -O srec --change-addresses $address blob srec-$address
	# objcopy changes the entry with the addresses, and writes none where it is 0.
	entry=$([ $address = 0x0 ] && echo none || echo $address)
	ok "objcopy's Intel HEX at $address" same "$(expect ihex "$entry" blob $address)" hex-$address
	ok "objcopy's S-records at $address" same "$(expect srec "$entry" blob $address)" srec-$address
	gzip -k hex-$address
	ok "the same Intel HEX, gzipped" same "$(expect ihex "$entry" blob $address)" hex-$address.gz

	for format in ihex srec; do
		"$segments" --save $format ours-$format-$address hex-$address
		objcopy -I $format -O binary ours-$format-$address back-$format-$address
		ok "our $format at $address, read by objcopy" same_file blob back-$format-$address
	done
	"$segments" --save raw ours-raw-$address hex-$address
	ok "raw from it" same_file blob ours-raw-$address
done
objcopy -I binary -O srec --srec-forceS3 --srec-len 64 blob srec-s3
ok "long S3 records" same "$(expect srec none blob 0x0)" srec-s3
sed 's/$/\r/' hex-0x8004000 >hex-dos
ok "lines as DOS ends them" same "$(expect ihex 0x8004000 blob 0x8004000)" hex-dos
tac hex-0x0 | sed '/^:00000001FF/d; /^:02000004/d' | head -n 100 >hex-backwards
echo :00000001FF >>hex-backwards
objcopy -I ihex -O binary hex-backwards backwards
ok "records in descending order" same \
	"$(expect ihex none backwards "0x$(tail -n 2 hex-backwards | sed -n '1s/^:..\(....\).*/\1/p' |
		tr A-F a-f | sed 's/^0*//')")" hex-backwards

# Two pieces far from each other, and one that is loaded behind the code but lives elsewhere.
cat >fw.s <<-'END'
	.globl _start
	.text
	_start: .ascii "code code code c"
	.section .far, "a"
	.ascii "far away"
	.data
	.ascii "first values"
END
cat >fw.ld <<-'END'
	ENTRY(_start)
	SECTIONS {
		.text 0x08000000 : { *(.text) }
		.far 0x08020000 : { *(.far) }
		.data 0x20000000 : AT(0x08000010) { *(.data) }
		/DISCARD/ : { *(*) }
	}
END
printf 'code code code cfirst values' >near
printf 'far away' >far
pieces="$(expect elf 0x8000000 near 0x8000000)
flash 0x8020000 8 $(sha256sum <far | cut -d' ' -f1)"
as fw.s -o fw.o && ld -T fw.ld fw.o -o fw.elf
ok "ELF of this machine" same "$pieces" fw.elf
objcopy -O ihex fw.elf fw.hex
ok "its Intel HEX by objcopy" same "$(sed '1s/elf/ihex/' <<<"$pieces")" fw.hex
objcopy -O srec fw.elf fw.srec
ok "its S-records by objcopy" same "$(sed '1s/elf/srec/' <<<"$pieces")" fw.srec
strip fw.elf -o bare.elf
gzip bare.elf
ok "stripped and gzipped" same "$pieces" bare.elf.gz
refused=$("$segments" fw.o)
ok "an object file is refused" [ "$refused" = "E301 fw.o: offset 0: this is an object file, which was \
not linked yet: it has no addresses" ]

# The linker's own script puts the ELF header in front of the code.
ld -z noseparate-code -e 0x8000100 -Ttext=0x8000100 fw.o -o header.elf
objcopy -O ihex -j .text header.elf text.hex
ok "linked without a script: the code alone" same_file \
	<("$segments" text.hex | sed -n 2p | cut -d' ' -f2) \
	<("$segments" header.elf | sed -n 2p | cut -d' ' -f2)

if command -v avr-gcc >/dev/null; then
	cat >avr.c <<-'END'
		#include <avr/io.h>
		#include <avr/eeprom.h>
		#include <avr/fuse.h>
		#include <avr/lock.h>
		#include <avr/signature.h>
		FUSES = { .low = 0xff, .high = 0xde, .extended = 0xfd };
		LOCKBITS = 0x0f;
		unsigned char settings[5] EEMEM = { 1, 2, 3, 4, 5 };
		volatile char values[4] = "abc";
		int main(void) { while (values[0]) ; return settings[0]; }
	END
	avr-gcc -mmcu=atmega328p -Os avr.c -o avr.elf
	avr-objcopy -O binary -j .text -j .data avr.elf avr.bin
	avr-objcopy -O binary -j .eeprom --change-section-lma .eeprom=0 avr.elf eeprom.bin
	sum() { sha256sum <"$1" | cut -d' ' -f1; }
	printf '\377\336\375' >fuses
	printf '\017' >lock
	ok "ELF of avr-gcc: flash, EEPROM, fuses, lock bits, signature" same "format elf entry 0x0 chip 1e950f
flash 0x0 $(stat -c %s avr.bin) $(sum avr.bin)
eeprom 0x0 5 $(sum eeprom.bin)
fuse 0x0 3 $(sum fuses)
fuse 0x10000 1 $(sum lock)" avr.elf
	avr-objcopy -O ihex -R .eeprom -R .fuse -R .lock -R .signature avr.elf avr.hex
	ok "its Intel HEX by avr-objcopy" same "$(expect ihex none avr.bin 0x0)" avr.hex
else
	ok "ELF of avr-gcc # SKIP avr-gcc is not installed" true
fi
done_testing
