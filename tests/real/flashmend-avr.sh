#!/bin/bash
# The program on Debian's real AVR boot loaders, beside avrdude: each reads and verifies what the other wrote; and
# what people get wrong. One function a unit; they run side by side, because the lines are slow.
. "${FM_SRC:?}/tests/real/avr-rig.sh"
avr_require
app=$build/tests/real/app

# --- files and units ------------------------------------------------------------------------------------

# firmware FILE BYTES SEED: the same bytes for the same seed. It sleeps for good when it is started at 0, or at 4 as
# by Debian's Optiboot: ldi r16, 1; out SMCR, r16; cli; sleep.
firmware() {
	random "$1" "$2" "$3"
	printf '\x01\xe0\x03\xbf\xf8\x94\x88\x95\x01\xe0\x03\xbf\xf8\x94\x88\x95' | dd of="$1" conv=notrunc status=none
}

# to_hex OUT FILE@ADDR...: upwards
to_hex() {
	local out=$1 part
	shift
	for part; do
		objcopy -I binary -O ihex --change-addresses "${part##*@}" "${part%@*}" "$work/part.hex"
		grep -v '^:00000001FF' "$work/part.hex"
	done >"$out"
	echo ':00000001FF' >>"$out"
}

# unit PART: one that sleeps
unit() {
	firmware "$work/sleep.bin" 256 9
	to_hex "$work/sleep.hex" "$work/sleep.bin@0"
	ok "a unit" avr_start unit "$1" --application "$work/sleep.hex"
}

# remember: what the flash of the unit is now
remember() {
	avr_save unit && cp "$work/unit.flash" "$work/before"
}

unchanged() {
	avr_save unit && cmp "$work/unit.flash" "$work/before"
}

fill() { # FILE FROM TO: with 0xff
	head -c $(($3 - $2)) /dev/zero | tr '\0' '\377' | dd of="$1" oflag=seek_bytes seek=$(($2)) conv=notrunc status=none
}

# expect PAGE FILE@ADDR...: what the flash must be then, $work/wanted. PAGE is its size, or 'upwards SIZE' where a loader
# writes all pages from 0 on.
expect() {
	local page=${1#upwards } all=${1%%[0-9]*} part from to
	shift
	cp "$work/before" "$work/wanted"
	for part; do
		from=$((${part##*@} / page * page)) to=$((${part##*@} + $(stat -c %s "${part%@*}")))
		fill "$work/wanted" $((${#all} ? 0 : from)) $(((to + page - 1) / page * page))
	done
	for part; do
		dd if="${part%@*}" of="$work/wanted" oflag=seek_bytes seek=$((${part##*@})) conv=notrunc status=none
	done
}

as_wanted() {
	avr_save unit && cmp "$work/unit.flash" "$work/wanted"
}

record_says() { # JQ-EXPRESSION about the newest record
	flashmend history list --json --limit 1 2>/dev/null >"$work/record" && jq -e "$1" "$work/record" >/dev/null && return
	cat "$work/record"
	return 1
}

planned_as_recorded() { # of $work/plan
	record_says ".plan_sha256 == \"$(awk 'END { print $2 }' "$work/plan")\""
}

same_bytes() { # OURS-HEX THEIRS-BIN BYTES
	objcopy -I ihex -O binary "$1" "$work/ours.bin" && cmp -n "$3" "$work/ours.bin" "$2"
}

# --- what every loader must do --------------------------------------------------------------------------

# both_ways PART MODEL PAGE APPLICATION-BYTES AVRDUDE-BYTES FILE@ADDR...: PAGE as for expect
both_ways() {
	local part=$1 model=$2 page=$3 region=$4 theirs=$5 unit="-m $2 -d port:$work/unit" changed
	shift 5
	to_hex "$work/a.hex" "$@"
	remember
	expect "$page" "$@"
	ok "dry run" fm 0 flash -n $unit "$work/a.hex"
	cp "$work/out" "$work/plan"
	ok "changes nothing" unchanged
	ok "flash" fm 0 flash -y $unit "$work/a.hex"
	ok "PASS" result PASS "$model@$work/unit" OK
	ok "the record has the plan of the dry run" planned_as_recorded
	ok "the unit has the file, and nothing else has changed" as_wanted
	ok "verify" fm 0 verify $unit "$work/a.hex"
	ok "backup" fm 0 backup $unit -o "$work/back.hex"
	ok "avrdude reads" avr_dude unit "$part" "flash:r:$work/read.bin:r"
	ok "what should be there" cmp -n "$region" "$work/read.bin" "$work/wanted"
	ok "and what is in the backup" same_bytes "$work/back.hex" "$work/read.bin" "$region"

	firmware "$work/b.bin" "$theirs" 2
	ok "avrdude writes" avr_dude unit "$part" "flash:w:$work/b.bin:r"
	ok "verify what it wrote" fm 0 verify $unit "$work/b.bin"
	changed=$((theirs * 3 / 4))
	fill "$work/b.bin" $changed $((changed + 1))
	ok "verify with one byte changed" fm 11 verify $unit "$work/b.bin"
	ok "names its address" said err "E412.*flash 0x$(printf %08x $changed) reads 0x.. and should be 0xff"
	power_cut "$model" "$page"
	ok "no byte came too early for the chip" avr_no_overruns unit
}

power_cut() { # MODEL PAGE
	local unit="-m $1 -d port:$work/unit"
	firmware "$work/c.bin" 2048 3
	remember
	expect "$2" "$work/c.bin@0"
	avr_tell unit "cut-after 1400"
	ok "power cut in the middle of a write" fm 13 flash -y $unit "$work/c.bin"
	ok "UNCLEAR" result UNCLEAR "$1@$work/unit" E414
	ok "the record says partial" record_says '.unit_state == "partial" and .last_phase == "write"'
	ok "the next start tells of it" fm 0 list
	ok "and how to bring it back" said err "flashmend flash -m $1 -d 'port:$work/unit' '$work/c.bin'"
	ok "half of it is written" cmp -n 768 "$work/unit.flash" "$work/c.bin"
	ok "but not all" bash -c "! cmp -s '$work/unit.flash' '$work/wanted'"
	ok "the power comes back" avr_say unit "power on" ready
	ok "the same command brings the unit back" fm 0 flash -y $unit "$work/c.bin"
	ok "the unit has the file, and nothing else has changed" as_wanted
	ok "nobody is told any more" fm 0 list
	ok "(nothing)" bash -c "! grep ATTENTION '$work/err'"
}

optiboot() {
	unit optiboot
	firmware "$work/1.bin" 28601 1
	both_ways optiboot arduino-uno 128 32256 8192 "$work/1.bin@0"
}

atmegaboot() {
	unit atmegaboot
	firmware "$work/1.bin" 3001 1
	random "$work/2.bin" 999 4
	both_ways atmegaboot arduino-diecimila 128 30720 4096 "$work/1.bin@0" "$work/2.bin@0x7001"
	other_names atmegaboot
	settings
	kept
}

# The second loader of the same board.
diecimila() {
	unit diecimila
	firmware "$work/1.bin" 2001 1
	random "$work/2.bin" 999 4
	both_ways diecimila arduino-diecimila 128 14336 3000 "$work/1.bin@0" "$work/2.bin@2203"
	other_names diecimila
}

# Beyond 128 KiB an address has more than 16 bits.
mega() {
	unit mega
	firmware "$work/1.bin" 30001 1
	random "$work/2.bin" 20000 4
	random "$work/3.bin" 1400 5
	both_ways mega arduino-mega2560 "upwards 256" 245760 65536 \
		"$work/1.bin@0" "$work/2.bin@0x8123" "$work/3.bin@0x1ff01"
	ok "what is padded is said" grep -q '^padding 80951 bytes of 0xff that the file does not give' "$work/plan"
	ok "avr: asks for the signature" fm 0 info -m avr -d "port:$work/unit"
	ok "(1e9801)" said out 'chip-id +1e9801'
}

# Other names for the same unit.
other_names() { # PART
	local answers='ATmegaBOOT .*57600' signature=1e950f
	[ "$1" = atmegaboot ] || answers='ATmegaBOOT.*ATmega168.*19200' signature=1e9406
	firmware "$work/n.bin" 1024 6
	remember
	expect 128 "$work/n.bin@0"
	ok "nano: flash" fm 0 flash -y -m arduino-nano -d "port:$work/unit" "$work/n.bin"
	ok "nano: by its own loader" said err "$answers baud answers"
	ok "nano: the unit has the file" as_wanted
	ok "avr: asks for the signature" fm 0 info -m avr -d "port:$work/unit"
	ok "avr: ($signature)" said out "chip-id +$signature"
}

# --- EEPROM ---------------------------------------------------------------------------------------------

settings() {
	local unit="-m arduino-diecimila -d port:$work/unit" elf=$app/demo-m328p-eeprom-1.0.0.elf
	[ -e "$elf" ] || { ok "EEPROM # SKIP gcc-avr is not installed" true; return; }
	random "$work/eeprom.bin" 64 7
	ok "avrdude writes EEPROM" avr_dude unit atmegaboot "eeprom:w:$work/eeprom.bin:r"
	remember
	ok "an ELF file with EEPROM" fm 8 flash -y $unit "$elf"
	ok "is blocked" said err 'E402.*eeprom 0x00000000'
	ok "says what would write it" said err 'allow=config'
	ok "the unit is unchanged" unchanged
	ok "--allow=config" fm 0 flash -y --allow=config $unit "$elf"
	ok "which is recorded" record_says '.allowed | contains("config")'
	ok "avrdude reads EEPROM" avr_dude unit atmegaboot "eeprom:r:$work/now.bin:r"
	printf 'settings of 1.0.0\0\377\377' | dd of="$work/eeprom.bin" conv=notrunc status=none
	ok "it is the file's, and the rest as it was" cmp -n 64 "$work/eeprom.bin" "$work/now.bin"
	ok "verify" fm 0 verify --allow=config $unit "$elf"
	ok "without it, flash is written and EEPROM left alone" bash -c "
		avr-objcopy -R .eeprom '$elf' '$work/flash.elf' && flashmend flash -y $unit '$work/flash.elf' </dev/null"
	ok "as avrdude sees" avr_dude unit atmegaboot "eeprom:v:$work/eeprom.bin:r"
	avr-objcopy -O ihex "$elf" "$work/eeprom.hex"
	ok "a HEX file that puts EEPROM behind the flash" fm 8 flash -y --allow=config $unit "$work/eeprom.hex"
	ok "is blocked too" said err 'E401.*0x00810000'
}

# A real boot loader gives its EEPROM and its flash, and takes them back.
kept() {
	local unit="-m arduino-diecimila -d port:$work/unit" new=$app/demo-m328p-small-1.1.0.hex job
	[ -e "$new" ] || { ok "backup # SKIP gcc-avr is not installed" true; return; }
	rm "$XDG_CONFIG_HOME/flashmend/config.json"
	remember
	ok "avrdude reads EEPROM" avr_dude unit atmegaboot "eeprom:r:$work/mine.bin:r"
	ok "flash with a backup" fm 0 flash -y $unit "$new"
	ok "of both memories" said err '^backup +firmware, configuration'
	ok "EEPROM is compared" said err '^settings +same: eeprom'
	ok "its backup is what avrdude had read" bash -c "
		flashmend history backups --json | jq -e '.space == \"eeprom\" and .sha256 == \"$(sha256sum "$work/mine.bin" | cut -c 1-64)\"' | grep -q true"
	random "$work/other.bin" 1024 17
	ok "somebody writes over the settings" avr_dude unit atmegaboot "eeprom:w:$work/other.bin:r"
	ok "nothing but the port says whose the newest settings are" fm 8 restore -y $unit
	ok "a person has to" said err "E211.*rule 'unit'"
	job=$(flashmend history backups --json | jq -r .job | head -n 1)
	ok "by naming them" said err "name it: 'flashmend restore $job'"
	ok "restore" fm 0 restore -y $unit "$job"
	ok "warns: this unit has no id" said err 'WARN +unit'
	ok "the settings are back" avr_dude unit atmegaboot "eeprom:v:$work/mine.bin:r"
	ok "and the firmware" unchanged
	ok "rollback to what restore wrote over" fm 0 rollback -y $unit
	ok "is the newer firmware" fm 0 verify $unit "$new"
	ok "the settings stayed" avr_dude unit atmegaboot "eeprom:v:$work/mine.bin:r"
}

# --- what people get wrong ------------------------------------------------------------------------------

refused() {
	local unit="-m arduino-uno -d port:$work/unit"
	unit optiboot
	firmware "$work/1.bin" 1024 1
	random "$work/2.bin" 16 2
	remember
	to_hex "$work/over.hex" "$work/1.bin@0" "$work/2.bin@0x7df8"
	ok "a file over the boot loader" fm 8 flash -y $unit "$work/over.hex"
	ok "names the place" said err "E402.*0x00007e00, in the region 'bootloader'"
	ok "the unit is unchanged" unchanged
	to_hex "$work/beyond.hex" "$work/1.bin@0" "$work/2.bin@0x8000"
	ok "a file beyond the flash" fm 8 flash -y $unit "$work/beyond.hex"
	ok "says where firmware lies" said err '0x00000000-0x00007dff'
	ok "--baud=9600" fm 4 flash -y --baud=9600 $unit "$work/1.bin"
	ok "no answer" result FAIL "arduino-uno@$work/unit" E206
	ok "says what to try" said err 'next: .*baud rate'
	ok "a Mega is something else" fm 4 flash -y -m arduino-mega2560 -d "port:$work/unit" "$work/1.bin"
	ok "the unit is unchanged" unchanged

	ok "avr: check" fm 0 check -m avr -d "port:$work/unit" "$work/1.bin"
	ok "avr: warns, and says of what" said out 'unit  how large the boot loader is'
	to_hex "$work/over.hex" "$work/1.bin@0" "$work/2.bin@0x6ff8"
	ok "avr: a file into the largest boot section" fm 8 flash -y -m avr -d "port:$work/unit" "$work/over.hex"
	ok "avr: is blocked" said err "E402.*0x00007000, in the region 'bootloader'"
	ok "the unit is unchanged" unchanged
	expect 128 "$work/1.bin@0"
	ok "avr: flash" fm 0 flash -y -m avr -d "port:$work/unit" "$work/1.bin"
	ok "avr: the record names the warning" record_says '.allowed | contains("model")'
	ok "avr: the unit has the file" as_wanted
	ok "nano: its first loader" fm 0 verify -m arduino-nano -d "port:$work/unit" "$work/1.bin"
	ok "nano: (Optiboot)" said err 'Optiboot, ATmega328P, 115200 baud answers'
	stop unit
	another_chip
	formats
}

another_chip() {
	rm -f "$work/unit.flash"
	unit optiboot168
	remember
	ok "another chip" fm 8 flash -y -m arduino-uno -d "port:$work/unit" "$work/1.bin"
	ok "both are named" said err 'E211.*1e9406.*1e950f'
	ok "the job never began" result NONE E211
	ok "the unit is unchanged" unchanged
	stop unit
	rm -f "$work/unit.flash"
}

# The same program in every format gives the same flash.
formats() {
	local elf=$app/demo-m328p-small-1.1.0.elf file unit="-m arduino-uno -d port:$work/unit"
	[ -e "$elf" ] || { ok "formats # SKIP gcc-avr is not installed" true; return; }
	unit optiboot
	mkdir "$work/same"
	cp "${elf%.elf}.hex" "$work/same/ihex"
	cp "$elf" "$work/same/elf"
	avr-objcopy -O srec "$elf" "$work/same/srec"
	avr-objcopy -O binary "$elf" "$work/same/raw"
	gzip -c "$work/same/ihex" >"$work/same/ihex.gz"
	gzip -c "$elf" >"$work/same/elf.gz"
	remember
	expect 128 "$work/same/raw@0"
	firmware "$work/other.bin" 2400 6
	for file in "$work"/same/*; do
		ok "(something else)" fm 0 flash -y $unit "$work/other.bin"
		ok "${file##*/}" fm 0 flash -y $unit "$file"
		ok "is in the flash" as_wanted
	done
}

# --- what the application says --------------------------------------------------------------------------

# variant ID SED-SCRIPT: the demo's board, but for that
variant() {
	sed "/id=\"flashmend-pump\"/,/<\/board>/d; /<package /d; s/id=\"flashmend-demo\"/id=\"$1\"/; $2" "$src/tests/real/flashmend-demo.xml" \
		>"$XDG_DATA_HOME/flashmend/devices/$1.xml"
}

applications() {
	local port="-d port:$work/unit" new=$app/demo-m328p-small-1.1.0.hex chatter=$app/demo-m328p-chatter-1.0.0.hex
	local demo="-m flashmend-demo $port"
	[ -e "$new" ] || { ok "applications # SKIP gcc-avr is not installed" true; return; }
	mkdir -p "$XDG_DATA_HOME/flashmend/devices"
	cp "$src/tests/real/flashmend-demo.xml" "$XDG_DATA_HOME/flashmend/devices/"
	variant other-text 's/expect="flashmend-demo/expect="gx2-gateway/'
	variant no-version-in-file '/in-image/d'

	ok "a unit whose application chatters" avr_start unit optiboot --application "$chatter"
	ok "info" fm 0 info $demo
	ok "hears its version" said out '^version +1\.0\.0 '
	ok "flash" fm 0 flash -y $demo "$new"
	ok "is confirmed" record_says '.version_before == "1.0.0" and .version_after == "1.1.0" and .result == "PASS"'
	ok "back to the one that chatters" fm 0 flash -y $demo "$chatter"
	ok "is confirmed" record_says '.version_before == "1.1.0" and .version_after == "1.0.0" and .result == "PASS"'

	remember
	ok "not the version that was asked for" fm 8 flash -y --expect-version=2.0.0 $demo "$new"
	ok "(the file says so)" said err 'E404'
	ok "the unit is unchanged" unchanged
	ok "another version answers than was asked for" \
		fm 12 flash -y --expect-version=2.0.0 -m no-version-in-file $port "$new"
	ok "which is said" said err 'E413.*1\.1\.0, not 2\.0\.0'
	ok "the memory is right all the same" record_says '.unit_state == "verified" and .result == "FAIL"'

	avr-objcopy -I ihex -O binary "$new" "$work/lies.bin"
	printf 'flashmend-demo 7.7.7' | dd of="$work/lies.bin" oflag=seek_bytes seek=1024 conv=notrunc status=none
	ok "another version answers than the file says" fm 12 flash -y $demo "$work/lies.bin"
	ok "which is said" said err 'E413.*1\.1\.0, not 7\.7\.7'
	ok "an application of something else" fm 12 flash -y -m other-text $port "$new"
	ok "what it says is told" said err "E413.*'flashmend-demo 1\.1\.0"
	firmware "$work/silent.bin" 1024 8
	printf 'flashmend-demo 3.0.0' | dd of="$work/silent.bin" oflag=seek_bytes seek=512 conv=notrunc status=none
	ok "an application that is silent" fm 12 flash -y $demo "$work/silent.bin"
	ok "which is said" said err 'E413.*did not answer within 3000 ms'
	ok "the memory is right all the same" record_says '.unit_state == "verified" and .version_expected == "3.0.0"'
	ok "and the unit can be written again" fm 0 flash -y $demo "$chatter"
	stop unit
	no_reset_line
}

no_reset_line() {
	local unit="-m arduino-uno -d port:$work/unit"
	ok "a unit without a reset line, whose application chatters" avr_start unit optiboot --no-reset-line
	remember
	ok "is not reached" fm 4 flash -y $unit "$work/silent.bin"
	ok "is told" result FAIL "arduino-uno@$work/unit" E206
	ok "and what to try" said err 'next: The application still talks .no reset'
	ok "the unit is unchanged" unchanged
	(
		sleep 2
		avr_tell unit reset
	) &
	ok "a hand on its reset in time" fm 0 flash -y --timeout=20 $unit "$work/silent.bin"
	wait $!
}

together optiboot atmegaboot diecimila mega refused applications
done_testing
