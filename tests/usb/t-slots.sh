#!/bin/bash
# Names of ports on a real kernel's USB: they belong to the place, whatever is there and in whichever mode.
. "${FM_SRC:?}/tests/usb/lib.sh"

mkdir -p "$work/devices"
cp "$FM_SRC/devices/device.rng" "$work/devices"
cat >"$work/devices/gateway.xml" <<'XML'
<?xml version="1.0"?>
<devices format="1">
  <board id="gateway" vendor="ACME" name="Gateway">
    <usb vid="0x2341" pid="0x8036" mode="application" version="release"/>
    <usb vid="0x0483" pid="0xDF11" mode="rom"/>
    <loader name="USB DFU" protocol="dfu"><usb mode="rom"/></loader>
    <blink mode="application" for-ms="600" baud="115200" framing="8N1">
      <send text="blink\r"/>
      <wait ms="200"/>
    </blink>
  </board>
</devices>
XML
export FLASHMEND_DEVICES=$work/devices
field() { [ "$(jq -rs "map(select(.usb_path != \"\")) | $1" "$work/out")" = "$2" ] || { cat "$work/out"; return 1; }; }
told() { wait_for grep -Eq "$1" "$work/watch" || { cat "$work/watch"; return 1; }; }

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
