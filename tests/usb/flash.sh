# For tests that flash simulated DFU units as users do. Source it instead of tests/usb/lib.sh.
. "${FM_SRC:?}/tests/usb/lib.sh"

# What is in the tests alone: a unit with both of its modes, as a user would describe it.
define gateway.xml <<'XML'
<board id="gateway" vendor="ACME" name="Gateway">
  <usb vid="0x1209" pid="0x0001" mode="application" version="release"/>
  <usb vid="0x1209" pid="0x0002" mode="bootloader"/>
  <loader name="ACME DFU" protocol="dfu">
    <usb mode="bootloader"/>
    <enter help="Hold the button while plugging it in">
      <detach/>
      <reappear mode="bootloader" within-ms="1500"/>
    </enter>
  </loader>
</board>
XML

# firmware FILE RELEASE [BYTES]: of the gateway; its release (two bytes) is at 16
firmware() {
	random "$1" "${3:-5000}" "$(printf %d "0x$2")"
	printf "\\x${2:2:2}\\x${2:0:2}" | dd of="$1" bs=1 seek=16 conv=notrunc status=none
}

# holds NAME FILE [OFFSET]: what the unit NAME had in its memory at its end
holds() {
	cmp -n "$(stat -c %s "$2")" "$2" "$work/$1.flash" 0 "${3:-0}"
}

# log_of NAME WORD: what its --log said at its end
log_of() {
	sed -n "s/^log .*\b$2=\([0-9]*\).*/\1/p" "$work/$1.log"
}

nothing_was_sent() {
	[ "$(log_of "$1" downloads)" = 0 ] && [ "$(log_of "$1" erases)" = 0 ] && return 0
	cat "$work/$1.log"
	return 1
}

# told_of UNIT COLUMNS: a row of list: state, model, mode, version
told_of() {
	fm 0 list && said out "^$1"
}

util() {
	dfu-util "$@" >"$work/util" 2>&1 && return 0
	tail -n 20 "$work/util"
	return 1
}

# again NAME: a unit that was unplugged by a fault is plugged in
again() {
	local -n path=${1}_path
	local pid=pid_$1
	kill -RTMIN "${!pid}"
	sleep 0.1
	kill -RTMIN "${!pid}"
	wait_for on_bus "${path[0]}"
}
