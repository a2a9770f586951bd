# For shell tests with real AVR boot loaders: source it, then
#   avr_require                skip the whole test where something is missing
#   avr_start NAME PART ...    start a unit: $dir/NAME is its port; further arguments go to avr-unit
#   avr_say NAME COMMAND       give it a command
#   avr_stop NAME
# PART is one of the rows below. Everything lies in $dir, which goes at the end with the units.

dir=$(mktemp -d)
declare -A avr_pid
avr_end() {
	local name
	for name in "${!avr_pid[@]}"; do kill "${avr_pid[$name]}" 2>/dev/null; done
	wait
	rm -rf "$dir"
}
trap avr_end EXIT

# name in simavr, boot loader, avrdude's programmer and part, baud
avr_part() {
	case $1 in
	optiboot) set -- atmega328p optiboot/optiboot_atmega328 arduino m328p 115200 stk500v1 ;;
	atmegaboot) set -- atmega328p atmega/ATmegaBOOT_168_atmega328 arduino m328p 57600 stk500v1 ;;
	diecimila) set -- atmega168 atmega/ATmegaBOOT_168_diecimila arduino m168 19200 stk500v1 ;;
	mega) set -- atmega2560 stk500v2/stk500boot_v2_mega2560 wiring m2560 115200 stk500v2 ;;
	*) echo "# no part $1" >&2; return 1 ;;
	esac
	mcu=$1 boot=$(dpkg -L arduino-core-avr 2>/dev/null | grep "/$2\.hex$")
	programmer=$3 chip=$4 baud=$5 protocol=$6
}

avr_require() {
	local missing=
	[ -x "$FM_BUILD/tests/real/avr-unit" ] || missing="$missing libsimavr-dev"
	avr_part optiboot
	[ -n "$boot" ] || missing="$missing arduino-core-avr"
	command -v avrdude >/dev/null || missing="$missing avrdude"
	[ -z "$missing" ] && return
	echo "1..0 # SKIP not installed:$missing"
	exit 0
}

avr_wait_for() { # FILE TEXT: until a line of it begins so
	local i
	for i in $(seq 100); do
		grep -q "^$2" "$1" 2>/dev/null && return
		sleep 0.05
	done
	echo "# no '$2' in $1"
	return 1
}

avr_start() {
	local name=$1
	avr_part "$2" || return
	shift 2
	"$FM_BUILD/tests/real/avr-unit" --mcu "$mcu" --boot "$boot" --link "$dir/$name" --control "$dir/$name.ctl" \
		--flash "$dir/$name.flash" "$@" >>"$dir/$name.log" 2>&1 &
	avr_pid[$name]=$!
	avr_wait_for "$dir/$name.log" ready
}

avr_say() {
	echo "$2" >"$dir/$1.ctl"
}

avr_stop() {
	kill "${avr_pid[$1]}"
	wait "${avr_pid[$1]}"
	unset "avr_pid[$1]"
}

# With the field's own tool. Three tries: its fixed pauses let it fall out of step on a busy machine, and then
# it gives up. $took_ms is the time of the last.
avr_dude() { # NAME PART MEMORY-OPERATION
	local i start
	avr_part "$2"
	for i in 1 2 3; do
		start=$(date +%s%N)
		timeout 60 avrdude -qq -D -c "$programmer" -p "$chip" -P "$dir/$1" -b "$baud" -U "$3" \
			>"$dir/avrdude.log" 2>&1 && took_ms=$((($(date +%s%N) - start) / 1000000)) && return
		sleep 0.2
	done
	return 1
}
