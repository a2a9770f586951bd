# For tests on a real kernel's USB (inside the guest, tests/usb/run.sh). Source it instead of tests/lib.sh; end with
# `done_testing`.
. "${FM_SRC:?}/tests/lib.sh"
export HOME=$work/home
mkdir -p "$HOME"
[ -w /sys/devices/platform/vhci_hcd.0/attach ] || skip_all "no USB bus to put units on (this runs in tests/usb/run.sh)"

# on_bus PATH: the kernel has bound its interfaces and udev knows it
on_bus() {
	compgen -G "/sys/bus/usb/devices/$1:*" >/dev/null && udevadm settle
}

off_bus() {
	[ ! -e "/sys/bus/usb/devices/$1" ]
}

ready_units() {
	[ "$(grep -c '^ready' "$work/$1.log")" -ge "$2" ]
}

# sim_usb NAME KIND OPTIONS...: a simulated USB unit; its topology path is in $NAME_path, that of the Nth of --count=N in
# ${NAME_path[N-1]}
sim_usb() {
	local name=$1 path count=1
	shift
	start "$name" flashmend-sim "$@"
	[[ " $* " =~ \ --count=([0-9]+)\  ]] && count=${BASH_REMATCH[1]}
	wait_for ready_units "$name" "$count"
	local -n paths=${name}_path
	mapfile -t paths < <(sed -n 's/^ready //p' "$work/$name.log")
	for path in "${paths[@]}"; do
		wait_for on_bus "$path" && continue
		echo "Bail out! $path did not come"
		exit 1
	done
}

# sim_stop NAME: pull it out for good
sim_stop() {
	local name=$1 path
	local -n gone=${name}_path
	stop "$name"
	for path in "${gone[@]}"; do
		wait_for off_bus "$path"
	done
	udevadm settle
}

# One model and no other: a gateway (`sim_usb NAME touch --kind=none`), which can show itself, with an STM32's boot loader
only_gateway() {
	only_own
	define gateway.xml <<-'END'
		<board id="gateway" vendor="ACME" name="Gateway">
		  <usb vid="0x2341" pid="0x8036" mode="application" version="release"/>
		  <usb vid="0x0483" pid="0xDF11" mode="rom"/>
		  <loader name="USB DFU" protocol="dfu"><usb mode="rom"/></loader>
		  <blink mode="application" for-ms="600" baud="115200" framing="8N1">
		    <send text="blink\r"/>
		    <wait ms="200"/>
		  </blink>
		</board>
	END
}

# field FILTER VALUE: of the units on USB in what list --json said; the machine has a serial port of its own
field() {
	[ "$(jq -rs "map(select(.usb_path != \"\")) | $1" "$work/out")" = "$2" ] || { cat "$work/out"; return 1; }
}

# told PATTERN: a line of watch, in $work/watch
told() {
	wait_for grep -Eq "$1" "$work/watch" || { cat "$work/watch"; return 1; }
}

done_testing() {
	ok "no simulator complained, nor a sanitizer" eval '
		! grep -E "^flashmend-sim:|Sanitizer|runtime error" "$work"/*.log 2>/dev/null'
	echo "1..$tests_done"
}
