#!/usr/bin/perl
# pico-image.pl CHIP SIZE NAME VERSION FILE [KEY=VALUE]...: a program of the pico-sdk as far as boot ROM and binary info
# go, at 0x10000000. CHIP: rp2040 or rp2350. Writes FILE.bin, FILE.uf2 and FILE.elf. family=ID: another one in the UF2;
# boots=0: the ROM does not take it.
use strict;
use warnings;

my ($chip, $size, $name, $version, $file, @more) = @ARGV;
my %with = (family => $chip eq 'rp2040' ? 0xe48bff56 : 0xe48bff59, boots => 1, seed => 1);
for (@more) {
	my ($key, $value) = split /=/;
	$with{$key} = $value =~ /^0x/ ? hex $value : $value;
}
my $base = 0x10000000;

srand $with{seed};
my $program = pack 'C*', map { int rand 255 } 1 .. $size;
# pico/binary_info/structure.h: header, entries, texts, and an empty map
my $info = $chip eq 'rp2040' ? 0x100 : 0x140;
my @entries = map { $base + $info + 0x40 + 12 * $_ } 0, 1;
substr $program, $info, 20, pack 'V5', 0x7188ebf2, $base + $info + 0x20, $base + $info + 0x28, $base + $info + 0x30, 0xe71aa390;
substr $program, $info + 0x20, 8, pack 'V2', @entries;
substr $program, $info + 0x30, 12, "\0" x 12;
substr $program, $info + 0x40, 24, pack 'vvVV' x 2, 6, 0x5052, 0x02031c86, $base + $info + 0x60, 6, 0x5052, 0x11a9bc3a,
	$base + $info + 0x80;
substr $program, $info + 0x60, 64, pack 'Z32 Z32', $name, $version;
if ($chip eq 'rp2350') {
	# boot/picobin.h: a block within the first 4 KiB
	substr $program, 0x100, 8, pack 'V2', $with{boots} ? 0xffffded3 : 0, 0xab123579;
} else {
	# RP2040 data sheet, 2.8.1.3.1: CRC-32 of boot2, most significant bit first, without a final XOR
	my $crc = 0xffffffff;
	for my $byte (unpack 'C252', $program) {
		$crc ^= $byte << 24;
		$crc = ($crc & 0x80000000 ? $crc << 1 ^ 0x04c11db7 : $crc << 1) & 0xffffffff for 1 .. 8;
	}
	substr $program, 252, 4, pack 'V', $with{boots} ? $crc : $crc ^ 1;
}

sub save {
	my ($name, $data) = @_;
	open my $out, '>:raw', $name or die "$name: $!\n";
	print $out $data;
	close $out or die "$name: $!\n";
}
save("$file.bin", $program);
my ($uf2, $total) = ('', length($program) / 256);
for my $n (0 .. $total - 1) {
	$uf2 .= pack 'V8 a476 V', 0x0a324655, 0x9e5d5157, 0x2000, $base + 256 * $n, 256, $n, $total, $with{family},
		substr($program, 256 * $n, 256), 0x0ab16f30;
}
save("$file.uf2", $uf2);
# one loadable segment: ELF32, little endian, ARM (40), entry at its start
save("$file.elf", pack('a16 vvVVVVV vvvvvv V8', "\x7fELF\x01\x01\x01", 2, 40, 1, $base + 1, 52, 0, 0x05000000, 52, 32, 1, 0,
	0, 0, 1, 84, $base, $base, length $program, length $program, 5, 4) . $program);
