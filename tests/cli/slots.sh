#!/bin/bash
# Ports that a bench has given names: kept, shown, chosen by, recorded, counted.
. "${FM_SRC:?}/tests/lib.sh"

vectors "$work/fw.bin" 2048
one() { jq -es "$1" "$work/out" >"$work/ok.json" && return 0; cat "$work/out"; return 1; }

start two flashmend-sim stm32 --count 2 --link "$work/port" --pid 0x410 --fast
flashmend ports add "$work/port-1" stm32f103x8
flashmend ports add "$work/port-2" stm32f103x8

# names
ok "ports label" fm 0 ports label "$work/port-1" A1
ok "of a place on USB where nothing is" fm 0 ports label usb:9-1.4 B7
ok "of a port that is not there" fm 4 ports label /dev/no-such-port A2
ok "says which there are" said err "there are: .*port-1"
ok "a name that is taken" fm 2 ports label "$work/port-2" a1
ok "says by whom" said err 'slot a1 is the port .*port-1 already'
ok "a name that is none" fm 2 ports label "$work/port-2" 'A 1'
ok "no name" fm 2 ports label "$work/port-2"
ok "no place on USB" fm 2 ports label usb:nonsense A3
ok "ports list" fm 0 ports list
ok "shows the slot" said out "port-1 +slot A1$"
ok "and that on USB" said out '^usb 9-1.4 +slot B7$'
ok "and the ports" said out "port-2 +stm32f10"
ok "ports list --json" fm 0 ports list --json
ok "has slots" one '[.[] | select(.type == "slot")] | map(.slot) == ["A1", "B7"]'
ok "list" fm 0 list
ok "shows it" said out "port-1 +slot A1$"
ok "list --json" fm 0 list --json
ok "has it" one '[.[] | select(.slot == "A1").port] == ["'"$work"'/port-1"]'

# choosing by it
ok "info -d slot:A1" fm 0 info -d slot:a1
ok "is that unit" said out "^port +$work/port-1"
ok "says the slot" said out '^slot +A1'
ok "a slot without a unit" fm 4 info -d slot:B7
ok "says what is where" said err "slot B7 \\(there are: A1 $work/port-1\\)"
ok "a slot that is none" fm 4 info -d slot:Z
ok "an empty name" fm 2 info -d slot:
ok "flash -d slot:A1" fm 0 flash -y -d slot:A1 "$work/fw.bin"
ok "passes" result PASS "stm32f10x-md@$work/port-1" OK
ok "says the slot" said err '^slot +A1'
ok "flash --json" fm 0 flash -y --json -d slot:A1 "$work/fw.bin"
ok "has the slot at its end" one '[.[] | select(.type == "task_end").slot] == ["A1"]'
ok "one without a slot" fm 0 flash -y -d "port:$work/port-2" "$work/fw.bin"
ok "one of a wrong model" fm 8 flash -y -d slot:A1 -m stm32f401xb "$work/fw.bin"

# records
for how in "--slot=a1" "-d slot:A1"; do
	ok "history list $how" fm 0 history list --json $how
	ok "has the three" one 'map(.slot) == ["A1", "A1", "A1"]'
done
ok "history show" fm 0 history show 1
ok "says it" said out '^slot +A1'
ok "history slots" fm 0 history slots
ok "counts" said out '^A1 +100 % +2 +0 +0 +3 .* E[0-9]+ x1$'
ok "history slots --json" fm 0 history slots --json
ok "has the yield" one 'map([.slot, .yield, .pass, .jobs]) == [["A1", 100, 2, 3]]'
ok "history units --json" fm 0 history units --json
ok "counts the units" one 'map(.jobs) | add == 4'
ok "history export" fm 0 history export --format csv
ok "has the column" bash -c "head -n 1 '$work/out' | grep -q ',slot'"
ok "the chain is whole" fm 0 history verify

# another name, and none
ok "another name" fm 0 ports label "$work/port-1" A9
ok "the old one is free" fm 0 ports label "$work/port-2" A1
ok "unlabel by name" fm 0 ports unlabel a9
ok "unlabel by port" fm 0 ports unlabel "port:$work/port-2"
ok "unlabel of a place on USB" fm 0 ports unlabel usb:9-1.4
ok "of what has none" fm 2 ports unlabel A1
ok "ports list" fm 0 ports list
ok "shows none" bash -c "! grep -q slot '$work/out'"
ok "records keep what they say" fm 0 history list --slot A1 --json
ok "(three)" one 'length == 3'
done_testing
