#!/bin/bash
# Names of ports on a real kernel's USB: they belong to the place, whatever is there and in whichever mode.
. "${FM_SRC:?}/tests/usb/lib.sh"

only_gateway

sim_usb unit touch --kind=none --serial=GW-2
place=${unit_path[0]}
ok "it may be named by its port" fm 0 ports label /dev/ttyACM0 A1
ok "what is named is its place" fm 0 ports list
ok "(place)" said out "^usb $place +slot A1$"
flashmend watch >"$work/watch" 2>"$work/watch.err" </dev/null &
watcher=$!
units+=($watcher)
ok "watch says it" told "^attached .*/dev/ttyACM0 +slot A1"
ok "list" fm 0 list --json
ok "has it in its application" field '.[0] | "\(.slot) \(.mode)"' 'A1 app'
ok "blink in its application" fm 0 blink -d slot:A1
sim_stop unit
ok "it left with its slot" told '^left .* slot A1'
ok "nothing is in the slot" fm 4 info -d slot:A1

# another unit comes to the same place, in another mode
sim_usb rom dfuse --serial=0123456789AB
ok "it is the same place" test "${rom_path[0]}" = "$place"
ok "list" fm 0 list --json
ok "has it there, too" field '.[0] | "\(.slot) \(.mode)"' 'A1 rom'
ok "it cannot show itself there" fm 8 blink -d slot:A1
ok "that is said" said err 'E210.*only in its application'
sim_stop rom
ok "the name stays" fm 0 ports list
ok "(name)" said out "^usb $place +slot A1$"
ok "unlabel" fm 0 ports unlabel "usb:$place"
done_testing
