#!/bin/bash
# Units with a serial port that are taken to their boot loader by 1200 baud or by what they are sent, and back: which
# version runs is asked on the port before and after.
. "${FM_SRC:?}/tests/usb/lib.sh"

# board ID APPLICATION-PID LOADER-PID: an application 2341:..., a boot loader 1209:... that speaks DfuSe
board() {
	cat <<XML
  <board id="$1" vendor="ACME" name="$1">
    <usb vid="0x2341" pid="0x$2" mode="application"/>
    <usb vid="0x1209" pid="0x$3" mode="bootloader"/>
    <loader name="USB DfuSe" protocol="dfuse">
      <usb mode="bootloader"/>
      <enter help="Press reset twice, then run the command again">
        <touch baud="1200"/>
        <reappear mode="bootloader" within-ms="3000"/>
      </enter>
    </loader>
    <question baud="9600" framing="8N1" send="V\r" expect="version ([0-9.]+)" group="1" repeat-ms="500" within-ms="3000"/>
  </board>
XML
}
{
	board acme-32u4 8036 1001
	board acme-samd 804D 1002
	board acme-rp2040 805E 1003
} | define acme.xml

became() { on_bus "$1" && [ "$(cat "/sys/bus/usb/devices/$1/idProduct")" = "$2" ]; } # PATH PID
rate() { [ "$(stty -F "$1" speed)" = "$2" ] || { stty -F "$1"; return 1; }; }
# acme NAME KIND APPLICATION-PID LOADER-PID OPTIONS...: the three kinds of touch
acme() {
	local name=$1 kind=$2 app=$3 loader=$4
	shift 4
	sim_usb "$name" touch --kind=$kind --pid=0x$app "$@" --flash="$work/$name.flash" \
		into dfuse --vid=0x1209 --pid=0x$loader
}
holds() { cmp -n "$(stat -c %s "$1")" "$1" "$2"; }
# told SELECTOR WANTED: of the rows that list shows
listed() { jq -es "map(select(.usb_path != \"\")) | $1" "$work/out" >/dev/null || { cat "$work/out"; return 1; }; }
facts() { [ "$(jq -rs 'map(select(.fact == "version") | .value + " " + .source) | join(", ")' "$work/out")" = "$1" ] || { cat "$work/out"; return 1; }; }
vectors "$work/one" 8192
vectors "$work/two" 8192 2

ok "the definitions" fm 0 catalog lint "$XDG_DATA_HOME/flashmend/devices/acme.xml"
for unit in "32u4 8036 1001" "samd 804D 1002" "rp2040 805E 1003"; do
	read -r kind app loader <<<"$unit"
	cp "$work/two" "$work/unit.flash"
	acme unit $kind $app $loader --serial=ACME-$kind
	ok "$kind: upgraded" fm 0 flash -y "$work/one" --base=0x08000000 --expect-version=1.2.3 --json
	ok "$kind: which version was asked before and after" facts \
		"1.2.3 asked the running application, 1.2.3 asked the restarted application"
	ok "$kind: back as what it was" became "$unit_path" "${app,,}"
	ok "$kind: its port is not left at 1200" eval '! rate /dev/ttyACM0 1200'
	sim_stop unit
	ok "$kind: the flash holds it" holds "$work/one" "$work/unit.flash"
done

# a unit that does not react
sim_usb deaf touch --kind=none --pid=0x8036
ok "list names its port" fm 0 list --json
ok "by its USB fields" listed "map(select(.usb_path == \"$deaf_path\" and .port == \"/dev/ttyACM0\" and .vid == 9025 and .pid == 32822 and .by_path == \"usb $deaf_path:1.0\")) | length == 1"
ok "it stays" fm 4 flash -y "$work/one" --base=0x08000000
ok "which is said" said err "^E205 .*the unit at usb $deaf_path did not leave: it is still 2341:8036"
ok "and what to do" said err '(Press reset twice|by hand)'
ok "nothing was changed" said err "state: untouched"
ok "its port is at an ordinary rate" rate /dev/ttyACM0 115200
sim_stop deaf

# another version than the one that is wanted
cp "$work/two" "$work/unit.flash"
acme unit 32u4 8036 1001
ok "the wrong version answers" fm 12 flash -y "$work/one" --base=0x08000000 --expect-version=9.9.9
ok "is told" said err '^E413 .*version 1.2.3, not 9.9.9'
sim_stop unit

# two at once; their ports change their numbers when they come back in another order
cp "$work/two" "$work/a.flash"
cp "$work/two" "$work/b.flash"
acme a 32u4 8036 1001 --serial=ACME-A --version=1.0.1 --absent=900
acme b samd 804D 1002 --serial=ACME-B --version=1.0.2
flashmend flash -y -d serial:ACME-A "$work/one" --base=0x08000000 --expect-version=1.0.1 >"$work/a.out" 2>&1 </dev/null &
first=$!
flashmend flash -y -d serial:ACME-B "$work/one" --base=0x08000000 --expect-version=1.0.2 >"$work/b.out" 2>&1 </dev/null
second=$?
wait $first
first=$?
ok "two at once: the first" eval 'cat "$work/a.out"; [ $first = 0 ]'
ok "two at once: the second" eval 'cat "$work/b.out"; [ $second = 0 ]'
ok "both are back" fm 0 list --json
ok "with a port each" listed 'map(.port) | sort == ["/dev/ttyACM0", "/dev/ttyACM1"]'
echo "# $(jq -rs 'map(select(.usb_path != "") | .serial + " at " + .port) | join(", ")' "$work/out")"
sim_stop a
sim_stop b
ok "the first one's flash" holds "$work/one" "$work/a.flash"
ok "the second one's flash" holds "$work/one" "$work/b.flash"

# flight controllers: what they are sent
cp "$work/two" "$work/fc.flash"
sim_usb fc touch --kind=none --betaflight --vid=0x0483 --pid=0x5740 --flash="$work/fc.flash" into dfuse
ok "flight controller: sent MSP" fm 0 flash -y -m betaflight "$work/one" --base=0x08000000
ok "passed" result PASS betaflight@/dev/ttyACM0 OK
ok "by MSP" said err "entered by MSP answers"
ok "back in its application" wait_for became "$fc_path" 5740
ok "info takes it there and back" fm 0 info -m betaflight
ok "it runs" wait_for became "$fc_path" 5740
sim_stop fc
ok "the flash holds it" holds "$work/one" "$work/fc.flash"
sim_usb fc dfuse --flash="$work/fc.flash"
ok "in ROM already: it is a STM32" fm 0 list --json
ok "(its family)" listed '.[0].models[0] == "stm32"'
ok "in ROM already: a flight controller, if that is said" fm 0 flash -y -m betaflight "$work/two" --base=0x08000000
ok "passed" result PASS "betaflight@usb:$fc_path" OK
sim_stop fc
ok "the flash holds it" holds "$work/two" "$work/fc.flash"
done_testing
