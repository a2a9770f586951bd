#!/bin/bash
# Everything that the command line does with one unit, on simulated STM32s.
. "${FM_SRC:?}/tests/lib.sh"

same_flash() { # the unit's flash begins with the file
	stop unit
	cmp -n "$(stat -c %s "$1")" "$1" "$work/flash.bin"
}

restart_unit() {
	sim unit --pid 0x410 --flash "$work/flash.bin" --fast "$@"
}

unit="-m stm32f103x8 -d port:$work/unit"
vectors "$work/fw.bin" 8192
objcopy -I binary -O ihex --change-addresses 0x08000000 "$work/fw.bin" "$work/fw.hex"

restart_unit
ok "info" fm 0 info $unit
ok "info says what it is" said out 'chip-id +0410'
ok "check" fm 0 check $unit "$work/fw.hex"
ok "check's verdict" said out '^VERDICT WARN'
ok "check names what is not known of a bare chip" said out '^WARN +model'
ok "dry run" fm 0 flash -n $unit "$work/fw.hex"
plan=$(awk 'END { print $2 }' "$work/out")
ok "dry run prints a plan" said out '^erase flash 0x08000000-0x08001fff  8 x 1024 bytes, blocks 0 to 7'
ok "without a person it must be told to start" fm 2 flash $unit "$work/fw.hex"
ok "and says how" said err '--yes'
ok "flash" fm 0 flash -y $unit "$work/fw.hex"
ok "flash's result" result PASS "stm32f10x-md@$work/unit" OK
ok "the record says what nothing has proved" bash -c 'flashmend history list --json | head -n 1 | jq -e ".not_tested | test(\"^whether the application runs\")"'
ok "history show" bash -c "flashmend history show 1 | grep -q '^untested  *whether the application runs'"
ok "the record has the plan's hash" bash -c "flashmend history list --json | head -n 1 | jq -e '.plan_sha256 == \"$plan\"'"
ok "the record says PASS and verified" bash -c 'flashmend history list --json | head -n 1 | jq -e ".result == \"PASS\" and .unit_state == \"verified\" and .bytes_written == 8192"'
ok "verify" fm 0 verify $unit "$work/fw.bin"
ok "the unit has the file's bytes" same_flash "$work/fw.bin"

restart_unit
ok "backup" fm 0 backup $unit -o "$work/back.hex"
ok "a backup is not overwritten" fm 7 backup $unit -o "$work/back.hex"
objcopy -I ihex -O binary "$work/back.hex" "$work/back.bin"
ok "the backup begins with the firmware" cmp -n 8192 "$work/back.bin" "$work/fw.bin"
ok "the backup is the whole flash" test "$(stat -c %s "$work/back.bin")" -ge 65536
ok "erase" fm 0 erase -y $unit
ok "verify of an erased unit" fm 11 verify $unit "$work/fw.bin"
ok "says where" said err 'E412.*0x08000000'
ok "and what to do" said err "^  next: The unit holds something else: 'flashmend flash' writes this file"

stop unit
restart_unit --crc
vectors "$work/fw2.bin" 20000 2
ok "flash with the device's checksum" fm 0 flash -y $unit "$work/fw2.bin"
ok "says so" said err 'checksum'
ok "again: nothing to do" fm 0 flash -y $unit "$work/fw2.bin"
ok "changed: false" bash -c 'flashmend history list --json | head -n 1 | jq -e ".bytes_written == 0 and .result == \"PASS\""'
ok "exit 3 where that is asked for" fm 3 flash -y --error-on-noop $unit "$work/fw2.bin"
ok "--verify=readback" fm 0 verify --verify=readback $unit "$work/fw2.bin"
ok "the unit has it" same_flash "$work/fw2.bin"

restart_unit
{ head -c 4096 "$work/fw.bin"; head -c 4096 /dev/zero | tr '\0' '\377'; head -c 4096 "$work/fw.bin"; } >"$work/third.bin"
ok "an image with a blank third" fm 0 flash -y $unit "$work/third.bin"
ok "the blank part is not written, and that is said" said err 'untested +3072 blank bytes'
ok "record" bash -c 'flashmend history list --json | head -n 1 | jq -e ".bytes_written == 8192 and .bytes_blank_proved == 1024 and .bytes_not_tested == 3072"'
ok "the unit has it" same_flash "$work/third.bin"

restart_unit
ok "--json: every line is an object with schema" bash -c "flashmend flash -y --json $unit $work/fw.bin 2>/dev/null | jq -e 'has(\"schema\") and has(\"type\")' | sort -u | grep -qx true"
ok "--json: begin and end say whose they are" bash -c "flashmend verify --json $unit $work/fw.bin 2>/dev/null |
	jq -es 'map(select(.type | startswith(\"task_\"))) | map([.port, .model != \"\", .unit != \"\"]) == [[\"$work/unit\", true, false], [\"$work/unit\", true, true]]'"
ok "--json: ends with task_end" bash -c "flashmend verify --json $unit $work/fw.bin 2>/dev/null | tail -n 1 | jq -e '.type == \"task_end\" and .result == \"PASS\"'"
ok "the family asks the chip itself" fm 0 info -m stm32 -d "port:$work/unit"
ok "it says which chip" said out '0410'
ok "a trace" fm 0 verify --trace "$work/wire.txt" $unit "$work/fw.bin"
ok "no other file is added to" fm 7 verify --trace "$work/fw.bin" $unit "$work/fw.bin"
ok "people can read it" grep -q '7f' "$work/wire.txt"
ok "history show" fm 0 history show 1
ok "phases are recorded" said out 'phase +write'
ok "history verify" fm 0 history verify
done_testing
