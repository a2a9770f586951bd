#!/bin/bash
# How fast flashmend is, beside the field's own tools on the same emulated unit:
#   bench.sh BUILD-FOLDER [serial|usb]   only that part
# FM_KERNEL: what `bootstrap kernel` made, for the USB part; unset: that part is left out.
# doc/bench.md tells what is compared with what, and why. Nothing here is a test: it prints figures and the
# targets beside them. It ends with 1 only when something could not be measured.
FM_BUILD=$(cd "${1:?build folder}" && pwd) || exit 1
FM_SRC=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
export FM_SRC FM_BUILD
. "$FM_SRC/tests/lib.sh"
. "$FM_SRC/tests/bench/lib.sh"

size=65536     # bytes for an STM32
avr_size=28672 # and for the AVR
runs=5
baud=115200

# --- units and tools ---

# flash NAME MODEL FILE: flashmend's whole life of a job, its events in $work/NAME.out
flash() {
	run "$1" flashmend flash --yes --no-backup --json --model "$2" --device "port:$work/unit" "$3"
	[ "$(jq -r 'select(.type == "task_end").bytes_written' <"$work/$1.out")" != 0 ] ||
		give_up "nothing was written: the unit held $3 already"
}

stm32flash_run() { run peer stm32flash -b "$baud" -m 8n1 -w "$1" -v "$work/unit"; }

# Its fixed pauses let it fall out of step on a busy machine, and then it gives up: three tries.
avrdude_run() {
	local i
	for i in 1 2 3; do
		"$FM_BUILD/tests/bench/measure" "$work/peer.took" avrdude -qq -D -c arduino -p m328p -P "$work/unit" -b "$baud" \
			-U "flash:w:$1:r" >"$work/peer.out" 2>&1 </dev/null && took peer && return
		sleep 0.2
	done
	cat "$work/peer.out" >&2
	give_up "avrdude failed three times"
}

# new_image BYTES [BLANK-BLOCKS]: another $image for each writing, so that there is something to write. Blank blocks are 256
# bytes each and lie together in the middle.
images=0
new_image() {
	images=$((images + 1))
	image=$work/image-$images.bin
	vectors "$image" "$1" $images
	[ "${2-0}" -eq 0 ] || head -c $((256 * $2)) /dev/zero | tr '\0' '\377' |
		dd of="$image" bs=256 seek=86 conv=notrunc status=none
}

# --- an AVR with the real Optiboot ---

bench_avr() {
	local boot wire_s i
	boot=$(find /usr/share/arduino -name optiboot_atmega328.hex | head -n 1)
	[ -n "$boot" ] || give_up "optiboot_atmega328.hex is not there: install arduino-core-avr"
	start unit "$FM_BUILD/tests/real/avr-unit" --boot "$boot" --link "$work/unit"
	section "28 KiB on the real Optiboot (ATmega328P in simavr), in turn with avrdude, median of 3"
	for i in 1 2 3; do
		new_image $avr_size
		avrdude_run "$image"
		add avrdude "$wall_ns"
		new_image $avr_size
		flash avr arduino-uno "$image"
		add avr-whole "$wall_ns"
		add cpu "$(calc "100 * $cpu_ns / $wall_ns")"
		add avr-verified "$(until_end_of avr verify)"
		add avr-enter "$(phases avr enter)"
		add avr-transfer "$(phases avr write verify)"
	done
	stop unit
	# STK500v1: address 4 + 2; a page of 128 to write 5 + 128 + 2, of 256 to read 5 + 256 + 2. 10 bits a character.
	wire_s=$(calc "($avr_size / 128 * 141 + $avr_size / 256 * 269) * 10 / $baud")
	fact "avrdude, the whole process" "$(seconds "$(median avrdude)")" s
	fact "flashmend, the whole process" "$(seconds "$(median avr-whole)")" s
	fact "  until the end of verify" "$(seconds "$(median avr-verified)")" s
	fact "    getting into the boot loader" "$(seconds "$(median avr-enter)")" s
	fact "    write and verify" "$(seconds "$(median avr-transfer)")" s
	fact "    of which the line is busy" "$(calc "100e9 * $wire_s / $(median avr-transfer)")" %
	figure "flashmend until verified / avrdude" "$(calc "$(median avr-verified) / $(median avrdude)")" most 0.90
}

# --- a simulated STM32 ---

# compare LIST MODEL RUNS PEER-RUNS [BLANK-BLOCKS]: in turn with stm32flash, on the unit that runs
compare() {
	local list=$1 i
	for ((i = 0; i < $3; i++)); do
		new_image $size "${5-0}"
		if [ $i -lt "$4" ]; then
			run peer stm32flash -b $baud -m 8n1 -w "$image" -v "$work/unit"
			add "$list-peer" "$wall_ns"
			new_image $size "${5-0}"
		fi
		flash "$list" "$2" "$image"
		add "$list-whole" "$wall_ns"
		add "$list-erase" "$(phases "$list" erase)"
		add "$list-write" "$(phases "$list" write)"
		add "$list-verify" "$(phases "$list" verify)"
		add cpu "$(calc "100 * $cpu_ns / $wall_ns")"
	done
}

report() {
	fact "stm32flash -w -v, the whole process" "$(seconds "$(median "$1-peer")")" s
	fact "flashmend, the whole process" "$(seconds "$(median "$1-whole")")" s
	fact "  erase" "$(seconds "$(median "$1-erase")")" s
	fact "  write" "$(seconds "$(median "$1-write")")" s
	fact "  verify" "$(seconds "$(median "$1-verify")")" s
	figure "flashmend / stm32flash" "$(calc "$(median "$1-whole") / $(median "$1-peer")")" most "$2"
}

bench_stm32() {
	# AN3155, 256 bytes: command 2 + 1, address 5 + 1, then 258 + 1 to write or 2 + 1 + 256 to read. 11 bits a character.
	wire_s=$(calc "2 * $size / 256 * 268 * 11 / $baud")
	# The simulated F103 needs 52 us for each half word.
	chip_s=$(calc "$size / 2 * 52e-6")
	section "64 KiB on a simulated STM32F103 (128 KiB), in turn with stm32flash, median of $runs"
	sim unit --pid 0x410
	compare plain stm32f103x8 "$runs" "$runs"
	stop unit
	report plain 1.02
	fact "what the protocol needs to write and verify" "$wire_s" s
	fact "what the chip needs to program" "$chip_s" s
	fact "of write and verify the line is busy" \
		"$(calc "100e9 * $wire_s / ($(median plain-write) + $(median plain-verify))")" %
	figure "of write and verify without the chip's programming" \
		"$(calc "100 * $wire_s / (($(median plain-write) + $(median plain-verify)) / 1e9 - $chip_s)")" least 97 %
}

bench_blank() {
	section "the same with a third of the image blank (85 of 256 blocks), median of 3"
	sim unit --pid 0x410
	compare blank stm32f103x8 3 3 85
	stop unit
	report blank 0.75
}

bench_crc() {
	section "64 KiB on a simulated STM32G0 with the CRC command, in turn with stm32flash, median of 3"
	sim unit --pid 0x460 --crc
	compare crc stm32g07x 3 3
	stop unit
	report crc 0.60
	sim unit --pid 0x410 --crc
	new_image $size
	flash crc-f103 stm32f103x8 "$image"
	stop unit
	fact "the F103 of above with that command / stm32flash" "$(calc "$wall_ns / $(median plain-peer)")"
	fact "  erasing, programming and the line alone / stm32flash" \
		"$(calc "($(median plain-erase) + ($chip_s + $wire_s / 2) * 1e9) / $(median plain-peer)")"
}

# Eight units of one simulator, eight processes of flashmend.
bench_eight() {
	local i seats=8
	section "$seats simulated STM32F103 at once"
	sim eight --pid 0x410 --count $seats
	wait_for eight_ready $seats || give_up "the simulator did not start $seats units"
	for ((i = 1; i <= seats; i++)); do
		new_image $size
		echo "flashmend flash --yes --no-backup --json -m stm32f103x8 -d port:$work/eight-$i $image >$work/seat-$i.out &"
	done >"$work/eight.sh"
	echo wait >>"$work/eight.sh"
	run eight bash "$work/eight.sh"
	stop eight
	for ((i = 1; i <= seats; i++)); do
		[ "$(jq -r 'select(.type == "task_end").result' <"$work/seat-$i.out")" = PASS ] || {
			cat "$work/seat-$i.out" >&2
			give_up "unit $i of $seats did not pass"
		}
	done
	fact "one of them (median of the $runs above)" "$(seconds "$(median plain-whole)")" s
	fact "all of them, from the first start to the last end" "$(seconds "$wall_ns")" s
	fact "processor time of all of them" "$(calc "100 * $cpu_ns / $wall_ns")" %
	figure "$seats at once / one" "$(calc "$wall_ns / $(median plain-whole)")" most 1.15
}

eight_ready() { [ "$(grep -c '^ready' "$work/eight.log")" -eq "$1" ]; }

# --- the program itself ---

# 1,000 definitions in 40 files: those that are shipped, and boards as a maker of many would write them.
board='  <board id="bench-%d" vendor="Bench" name="Board %d">
    <alias id="bench-alias-%d"/>
    <usb vid="0x1209" pid="0x%04X"/>
    <loader name="Optiboot" protocol="stk500v1" chip="atmega328p">
      <serial baud="115200" framing="8N1"/>
      <enter tries="3" help="Press reset and run the command again at once">
        <lines dtr="off" rts="off"/>
        <wait ms="250"/>
        <lines dtr="on" rts="on"/>
        <wait ms="100"/>
        <discard/>
      </enter>
      <without region="eeprom"/>
      <region name="application" space="flash" base="0" size="32256" erase="128" write="128" access="write"/>
      <region name="bootloader" space="flash" base="0x7E00" size="512" access="protected"/>
    </loader>
  </board>
'
make_catalog() {
	local shipped files file n=0 last
	mkdir "$work/devices"
	cp "$FM_SRC"/devices/*.xml "$FM_SRC"/devices/*.rng "$work/devices"
	shipped=$(flashmend catalog list | wc -l)
	files=$((40 - $(find "$work/devices" -name '*.xml' | wc -l)))
	for ((file = 1; file <= files; file++)); do
		last=$(((1000 - shipped) * file / files))
		{
			echo '<devices format="1">'
			for (( ; n < last; n++)); do printf "$board" $n $n $n $n; done
			echo '</devices>'
		} >"$work/devices/bench-$file.xml"
	done
}

bench_start() {
	local i
	section "the program itself, median of 20"
	make_catalog
	export FLASHMEND_DEVICES=$work/devices
	[ "$(flashmend catalog list | wc -l) $(find "$work/devices" -name '*.xml' | wc -l)" = "1000 40" ] ||
		give_up "the catalog is not 1000 definitions in 40 files"
	flashmend catalog lint "$work"/devices/*.xml >"$work/lint.out" 2>&1 || give_up "$(cat "$work/lint.out")"
	for ((i = 0; i < 20; i++)); do
		run list flashmend list
		add list "$(calc "$wall_ns / 1e6")"
		add list-cpu "$(calc "$cpu_ns / 1e6")"
		add list-peak "$(calc "$peak_kib * 1024 / 1e6")"
		run version flashmend --version
		add version "$(calc "$wall_ns / 1e6")"
		add version-cpu "$(calc "$cpu_ns / 1e6")"
	done
	export FLASHMEND_DEVICES=$FM_SRC/devices
	figure "list with 1000 definitions in 40 files" "$(median list)" most 30 ms
	fact "  its processor time" "$(median list-cpu)" ms
	figure "  its peak memory, greatest of 20" "$(greatest list-peak)" most 16 MB
	figure "--version" "$(median version)" most 5 ms
	fact "  its processor time" "$(median version-cpu)" ms
}

# In a guest; what it prints comes when that ends. FM_SRC and FM_BUILD are handed on by run.sh.
bench_usb() {
	if [ -z "${FM_KERNEL-}" ]; then
		[ "$part" = all ] || give_up "FM_KERNEL is not set"
		section "no USB part: FM_KERNEL is not set"
		return
	fi
	GUEST_TICK=1 GUEST_SECONDS=3600 \
		bash "$FM_SRC/tests/usb/run.sh" bash "$FM_SRC/tests/bench/usb.sh" >"$work/usb" 2>"$work/usb.err" || {
		cat "$work/usb" "$work/usb.err" >&2
		give_up "the USB part failed"
	}
	section "USB"
	pass_on "$work/usb"
}

load() { cut -d ' ' -f 1-3 /proc/loadavg; }

bench_serial() {
	bench_start
	bench_avr
	bench_stm32
	bench_blank
	bench_crc
	bench_eight
	section "a job's own processor time"
	figure "greatest of all single jobs above, user and system" "$(greatest cpu)" most 3 %
}

part=${2-all}
case $part in all | serial | usb) ;; *) give_up "no part '$part'" ;; esac
for tool in avrdude stm32flash jq; do
	command -v $tool >/dev/null || give_up "$tool is not installed"
done
seconds_before=$SECONDS
echo "$(flashmend --version), $(nproc) cores, load average before $(load)"
[ "$part" = usb ] || bench_serial
[ "$part" = serial ] || bench_usb
printf '\nload average after %s, %d s in all\n' "$(load)" $((SECONDS - seconds_before))
table
