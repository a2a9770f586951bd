#!/bin/bash
# What flashmend-sim puts on a real bus: identity, the cable, several at once, ways into boot loaders.
. "${FM_SRC:?}/tests/usb/lib.sh"

# is PATH FILE TEXT: what sysfs says of a unit
is() {
	[ "$(cat "/sys/bus/usb/devices/$1/$2")" = "$3" ] && return 0
	echo "$1/$2 is not '$3' but:"
	cat "/sys/bus/usb/devices/$1/$2"
	return 1
}

became() { # PATH VID PID
	on_bus "$1" && is "$1" idVendor "$2" && is "$1" idProduct "$3"
}

# ask PORT: its version, as a person would ask
ask() {
	local answer
	stty -F "$1" 9600 raw -echo min 0 time 20 || return 1
	exec 5<>"$1"
	printf 'V\r' >&5
	read -r -t 5 answer <&5
	exec 5>&-
	echo "it says '$answer'"
	[ "$answer" = $'version 1.2.3\r' ]
}

# touch_port PORT: open, 1200 baud, DTR off by closing
touch_port() {
	stty -F "$1" 9600 hupcl && stty -F "$1" 1200 hupcl
}

sim_usb pair dfu --count=2
a=${pair_path[0]} b=${pair_path[1]}
ok "two units at two ports" [ "$a" != "$b" ]
ok "each is what was asked for" eval 'is $a idProduct 0002 && is $b idVendor 1209'
ok "with a serial number of its own" eval '[ "$(cat /sys/bus/usb/devices/$a/serial)" != "$(cat /sys/bus/usb/devices/$b/serial)" ]'
kill -RTMIN "$pid_pair"
ok "the cables are out" eval 'wait_for off_bus $a && wait_for off_bus $b'
kill -RTMIN "$pid_pair"
ok "and in again, at the same ports" eval 'wait_for became $a 1209 0002 && wait_for became $b 1209 0002'
sim_stop pair
ok "both are gone with the program" eval 'off_bus $a && off_bus $b'

sim_usb same dfu --count=2 --serial=TWIN
ok "two with the same serial number, on request" eval '
	is ${same_path[0]} serial TWIN && is ${same_path[1]} serial TWIN'
sim_stop same

sim_usb port touch --kind=32u4 into touch --kind=none --pid=0x0036 --stay=4000
ok "a serial port" wait_for test -c /dev/ttyACM0
ok "with a name of udev's" compgen -G '/dev/serial/by-id/usb-*'
ok "it tells its version" ask /dev/ttyACM0
ok "closing it at another rate does nothing" eval 'sleep 0.5; is $port_path idProduct 8036'
touch_port /dev/ttyACM0
ok "a touch takes it into its boot loader" wait_for became "$port_path" 2341 0036
ok "which goes back by itself" wait_for became "$port_path" 2341 8036
sim_stop port

sim_usb betaflight touch --kind=none --betaflight --vid=0x0483 --pid=0x5740 into picoboot
wait_for test -c /dev/ttyACM0
ok "R and silence take it into its boot loader" eval '
	stty -F /dev/ttyACM0 115200 raw -echo && printf R >/dev/ttyACM0 && wait_for became $betaflight_path 2e8a 0003'
sim_stop betaflight
done_testing
