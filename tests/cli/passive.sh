#!/bin/bash
# What changes no unit: definitions, records, the list of ports, the doctor.
. "${FM_SRC:?}/tests/lib.sh"

vectors "$work/fw.bin" 2048
json() { jq -es 'all(has("schema") and has("type"))' "$work/out" >"$work/ok.json" && return 0; cat "$work/out"; return 1; }

# definitions
ok "catalog list" fm 0 catalog list
for id in arduino-uno arduino-diecimila arduino-mega2560 stm32f401xb atmega328p stm32 avr; do
	ok "$id is known" said out "^$id "
done
ok "catalog list --json" fm 0 catalog list --json
ok "every line is an object" json
for id in arduino-nano m328p stm32f103x8 stm32; do
	ok "catalog show $id" fm 0 catalog show "$id"
	ok "catalog show $id --json" fm 0 catalog show --json "$id"
	ok "is one object" json
done
ok "catalog show of nothing" fm 2 catalog show
ok "catalog show of an unknown id" fm 2 catalog show no-such-thing
ok "catalog lint of the shipped ones" fm 0 catalog lint "$src"/devices/*.xml

# the fuzzer is given all that the schema knows
seeds=("$src"/tests/fuzz/corpus/definitions/{all-elements,usb-board}.xml)
grep -o '<\(element\|attribute\) name="[^"]*"' "$src/devices/device.rng" |
	sed 's,<element name="\(.*\)",<\1[ />],; s,<attribute name="\(.*\)", \1=,' | sort -u >"$work/words"
in_all() { # in_all FILE...: each element and attribute stands in one of them
	local word missing=0
	while IFS= read -r word; do
		cat "$@" | grep -q -- "$word" || { echo "no '$word'"; missing=1; }
	done <"$work/words"
	return $missing
}
ok "catalog lint of the seeds" fm 0 catalog lint "${seeds[@]}"
ok "the schema is understood" grep -qx ' version-format=' "$work/words"
ok "the seeds have each element and attribute" in_all "${seeds[@]}"
# libFuzzer leaves out words of more than 64 bytes
perl -ne 'next unless s/^"(.*)"\n$/$1/; s/\\(.)/$1/g; print "$_\n" if length() <= 64' \
	"$src/tests/fuzz/definitions.dict" >"$work/dictionary"
ok "so has the dictionary" in_all "$work/dictionary"

cat >"$work/bad.xml" <<'END'
<?xml version="1.0"?>
<devices format="1">
  <board id="mine" vendor="me" name="Mine">
    <loader name="x" protocol="stk500v1" chip="atmega328p">
      <serial baud="115200" framing="8N1"/>
      <param name="eepromm" value="yes"/>
    </loader>
  </board>
</devices>
END
ok "catalog lint of a typo" fm 2 catalog lint "$work/bad.xml"
ok "names file and line" said out 'bad.xml:6: .*eepromm'
mkdir -p "$XDG_DATA_HOME/flashmend/devices"
cp "$work/bad.xml" "$XDG_DATA_HOME/flashmend/devices/"
ok "a wrong definition of the user's does not stop the others" fm 0 catalog show arduino-uno
ok "its own use names file and line" fm 2 catalog show mine
ok "(named)" said err 'bad.xml:6'
printf '<devices format="1">\n<board' >"$XDG_DATA_HOME/flashmend/devices/bad.xml"
ok "a broken file is left out" fm 0 catalog list
ok "and that is said" said err 'bad.xml:'
sed 's/eepromm/eeprom/; s/"mine"/"arduino-uno"/; s/"Mine"/"My Uno"/' "$work/bad.xml" >"$XDG_DATA_HOME/flashmend/devices/bad.xml"
ok "the user's definition overrides the installed one" fm 0 catalog show arduino-uno
ok "and is marked" said out 'yours'
rm "$XDG_DATA_HOME/flashmend/devices/bad.xml"

ok "a flag takes no value" fm 2 list --json=yes
ok "and says so" said err 'E110 .*--json takes no value'
ok "an option that needs one" fm 2 list --config
ok "says so, too" said err 'E110 .*--config needs a value'

# nothing there yet
ok "list makes no database" fm 0 list
ok "(none)" test ! -e "$XDG_STATE_HOME/flashmend/records.sqlite"
ok "history list without records" fm 0 history list
ok "history verify without records" fm 0 history verify
ok "history show without records" fm 2 history show 1
ok "ports list without ports" fm 0 ports list

# records
records=$XDG_STATE_HOME/flashmend/records.sqlite
sim unit --pid 0x410 --fast
unit="-m stm32f103x8 -d port:$work/unit"
ok "flash" fm 0 flash -y --operator Ada --station bench-7 --ticket T-1 $unit "$work/fw.bin"
ok "a blocked one" fm 8 flash -y -m stm32f401xb -d "port:$work/unit" "$work/fw.bin"
ok "history list" fm 0 history list
ok "newest first" bash -c "head -n 1 '$work/out' | grep -q 'NONE'"
ok "history list --result" fm 0 history list --result PASS --json
ok "one" bash -c "[ \$(wc -l <'$work/out') = 1 ]"
ok "who, where and why" bash -c "jq -e '.operator == \"Ada\" and .station == \"bench-7\" and .ticket == \"T-1\"' '$work/out'"
ok "history list -m" fm 0 history list -m stm32f401xb
ok "history list -m by another of its names" fm 0 history list -m stm32f103c8 --json
ok "finds it" bash -c "[ \$(wc -l <'$work/out') = 1 ]"
ok "history list --limit" fm 0 history list --limit 1
ok "history list --limit of nonsense" fm 2 history list --limit 0
ok "history show" fm 0 history show 1
ok "history show --json" fm 0 history show 1 --json
ok "has phases" bash -c "jq -e '[.phases[].phase] | index(\"write\")' '$work/out'"
ok "history show of one that is not there" fm 2 history show 99
ok "a serial number names no record" fm 2 history list -d serial:1234
ok "and is told what does" said err '--unit'
ok "history show of nonsense" fm 2 history show one
cp "$records" "$work/whole.sqlite"
sqlite3 "$records" "UPDATE job SET verify = 'status', bytes_verified = 0, bytes_not_tested = 2048 WHERE id = 1"
ok "history show of what only the boot loader vouches for" fm 0 history show 1
ok "calls it not tested, not blank" said out ', 2048 not tested, '
sqlite3 "$records" "UPDATE job SET port = 'usb 1-1.4' WHERE id = 1"
for place in "usb 1-1.4" usb:1-1.4 1-1.4 port:usb\ 1-1.4; do
	ok "history list -d $place" fm 0 history list --json -d "$place"
	ok "finds it" bash -c "jq -e '.id == 1' '$work/out'"
done
sqlite3 "$records" "UPDATE job SET code = 416, start_mono_ns = 1, end_mono_ns = 9000000000 WHERE id = 1"
ok "history export of a job whose program was killed" fm 0 history export --format=junit
ok "tells no time that it took" bash -c "! grep 'name=\"1 ' '$work/out' | grep -qv 'time=\"0.000\"'"
cp "$work/whole.sqlite" "$records"
# a hash that was kept elsewhere shows what the chain can't: that its end was cut off
newest=$(flashmend history list --json --limit 1 | jq -r .hash)
ok "history verify" fm 0 history verify
ok "tells the newest record's hash" said out "^newest record 2, hash $newest:"
ok "in JSON, too" bash -c "flashmend history verify --json | jq -e '.checked == 2 and .newest == 2 and .hash == \"$newest\"'"
ok "history verify --after" fm 0 history verify --after="$newest"
ok "says which record that is" said out '^record 2 has the hash that was given'
ok "as part of it in capitals" fm 0 history verify --after="$(cut -c 1-16 <<<"${newest^^}")" --json
ok "likewise" bash -c "jq -e '.after == 2' '$work/out'"
ok "not as so little that it proves nothing" fm 2 history verify --after="${newest:0:15}"
ok "nor with other letters" fm 2 history verify --after="${newest:0:20}%"
cp "$records" "$work/whole.sqlite"
sqlite3 "$records" "PRAGMA foreign_keys=OFF; DELETE FROM phase WHERE job = 2; DELETE FROM backup WHERE job = 2; DELETE FROM job WHERE id = 2;
	UPDATE sqlite_sequence SET seq = 1 WHERE name = 'job'"
ok "records that were cut off" fm 0 history verify
ok "show by the hash" fm 1 history verify --after="$newest"
ok "and are told" said err "^E502 .*no record has the hash ${newest:0:16}[.][.][.] any more"
mv "$records" "$work/cut.sqlite"
ok "likewise without records" fm 1 history verify --after="$newest"
ok "with the error in JSON" bash -c "flashmend history verify --json --after=$newest 2>/dev/null | jq -e '.type == \"error\" and .code == 502'"
cp "$work/whole.sqlite" "$records"
sqlite3 "$XDG_STATE_HOME/flashmend/records.sqlite" "UPDATE job SET operator_name = 'Eve' WHERE id = 1" 2>/dev/null
ok "a changed record is found" fm 1 history verify
ok "and named" said err 'E502'

# ports
ok "ports add" fm 0 ports add "$work/unit" stm32f103x8
ok "ports add of nonsense" fm 2 ports add unit stm32f103x8
ok "ports add of an unknown model" fm 2 ports add "$work/unit" no-such-model
ok "ports list --json" fm 0 ports list --json
ok "every line is an object" json
ok "list --json" fm 0 list --json
ok "every line is an object" json
ok "list knows what was there" bash -c "jq -e 'select(.port == \"$work/unit\") | .state == \"READY\"' '$work/out'"
stop unit
ok "list of an added port that is away" fm 0 list
ok "says so" said out "^AWAY .*$work/unit"

# watch
flashmend watch >"$work/watch" 2>"$work/watch.err" </dev/null &
watcher=$!
units+=($watcher)
sim unit --pid 0x410 --fast
ok "watch sees it come" wait_for grep -q "^attached .*$work/unit" "$work/watch"
stop unit
ok "and go" wait_for grep -q "^left .*$work/unit" "$work/watch"
kill -INT $watcher
wait $watcher
ok "Ctrl-C ends it" test $? = 0

# doctor
ok "doctor" fm 0 doctor
ok "rights" said out 'rights'
ok "records" said out ' ok .*records'
ok "doctor --json" fm 0 doctor --json
ok "every line is an object" json
XDG_STATE_HOME=/proc/nowhere ok "doctor where records can't be written" fm 0 doctor
ok "says so" said out 'WARN.*records'
ok "with the fix" said out 'fix:'

# completion on a command line of bash
completes() { # completes WORD WORD...: it is offered behind these
	local wanted=$1 COMP_WORDS=(flashmend "${@:2}") COMP_CWORD=$(($# - 1)) COMPREPLY=()
	_flashmend
	printf "%s\n" "${COMPREPLY[@]}" | grep -qx -- "$wanted"
}
. "$src/doc/flashmend.bash"
ok "completion of a command" completes history hist
ok "of what is behind it" completes verify history ver
ok "of an option" completes --dry-run flash --dr
ok "of a choice" completes required flash --signature req
ok "of a model" completes arduino-uno flash -m arduino-u
ok "of an export, not of a firmware file" completes junit history export --format ""
ok "of a file" completes "$work/fw.bin" flash "$work/f"

# output that nobody takes
full() { flashmend catalog list >/dev/full 2>"$work/err"; [ $? = 1 ]; }
ok "a full disk behind stdout is an error" full
ok "help" fm 0 --help
for command in list watch info check flash verify backup erase "catalog list" "history show" doctor; do
	ok "$command --help" fm 0 $command --help
done
done_testing
