# For shell tests with real AVR boot loaders: source it instead of tests/lib.sh, then
#   avr_require                skip the whole test where something is missing
#   avr_start NAME PART ...    start a unit: $work/NAME is its port; further arguments go to avr-unit
#   avr_tell NAME COMMAND      give it a command
#   avr_say NAME COMMAND ANSWER   and wait for what it answers
#   avr_save NAME              its flash is in $work/NAME.flash
#   stop NAME
# PART is one of the rows below.
. "${FM_SRC:?}/tests/lib.sh"

# name in simavr, boot loader, avrdude's programmer and part, baud
avr_part() {
	case $1 in
	optiboot) set -- atmega328p optiboot/optiboot_atmega328 arduino m328p 115200 stk500v1 ;;
	optiboot168) set -- atmega168 optiboot/optiboot_atmega168 arduino m168 115200 stk500v1 ;;
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
	[ -x "$build/tests/real/avr-unit" ] || missing="$missing libsimavr-dev"
	avr_part optiboot
	[ -n "$boot" ] || missing="$missing arduino-core-avr"
	command -v avrdude >/dev/null || missing="$missing avrdude"
	[ -z "$missing" ] || skip_all "not installed:$missing"
}

avr_start() {
	local name=$1
	avr_part "$2" || return
	shift 2
	start "$name" "$build/tests/real/avr-unit" --mcu "$mcu" --boot "$boot" --link "$work/$name" \
		--control "$work/$name.ctl" --flash "$work/$name.flash" "$@"
}

# A unit that has died reads nothing: opening its pipe would wait for ever.
avr_tell() {
	timeout 10 sh -c 'echo "$1" >"$2"' sh "$2" "$work/$1.ctl" && return
	echo "the unit $1 takes no command"
	return 1
}

avr_say() {
	: >"$work/$1.log"
	avr_tell "$1" "$2" || return
	wait_for grep -q "^$3" "$work/$1.log" && return
	echo "no '$3' after '$2':"
	cat "$work/$1.log"
	return 1
}

avr_save() {
	avr_say "$1" save saved
}

# No byte came faster than the chip could take it.
avr_no_overruns() {
	avr_say "$1" counts counts && grep -q 'overruns=0' "$work/$1.log"
}

# With the field's own tool. Three tries: its fixed pauses let it fall out of step on a busy machine, and then
# it gives up.
avr_dude() { # NAME PART MEMORY-OPERATION
	local i
	avr_part "$2"
	for i in 1 2 3; do
		timeout 90 avrdude -qq -D -c "$programmer" -p "$chip" -P "$work/$1" -b "$baud" -U "$3" \
			>"$work/avrdude.log" 2>&1 && return
		sleep 0.2
	done
	cat "$work/avrdude.log"
	return 1
}
