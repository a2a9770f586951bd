#!/bin/bash
# A virtual bench under the terminal UI: bench.sh BUILD-FOLDER [avr] [stm32] [usb], normally all. The real Optiboot in simavr twice, once with firmware 1.0.0 and once
# with an application that a broken upgrade left half written; a simulated STM32; and on root's own kernel with vhci_hcd a DFU unit.
set -u
build=$(cd "${1:?build folder}" && pwd)
shift
kinds=" ${*:-avr stm32 usb} "
src=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/flashmend-bench.XXXX")
PATH=$build:$PATH
export XDG_STATE_HOME=$work/state XDG_DATA_HOME=$work/data XDG_CONFIG_HOME=$work/config
export FLASHMEND_DEVICES=$src/devices
packages=$XDG_DATA_HOME/flashmend/packages
units=()

cleanup() {
	local pid
	for pid in ${units[@]+"${units[@]}"}; do
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	rm -rf "$work"
}
trap cleanup EXIT

# start NAME COMMAND...: in the background, until it says that it is ready
start() {
	local log=$work/$1.log i
	shift
	"$@" >"$log" 2>&1 &
	units+=($!)
	for ((i = 0; i < 200; i++)); do
		grep -q '^ready' "$log" && return 0
		kill -0 "${units[-1]}" 2>/dev/null || return 1
		sleep 0.05
	done
	return 1
}

mkdir -p "$XDG_DATA_HOME/flashmend/devices" "$packages"
cp "$src/tests/real/flashmend-demo.xml" "$XDG_DATA_HOME/flashmend/devices/"
perl -e 'srand(1); print pack("C*", 0, 0x50, 0, 0x20, 1, 1, 0, 8, map { int(rand(255)) } 1 .. 24000)' >"$packages/stm32-blinky.bin"

bench_avr() {
	local avr=$build/tests/real/avr-unit boot
	boot=$(find /usr/share/arduino -name optiboot_atmega328.hex 2>/dev/null | head -n 1)
	[ -n "$boot" ] || { echo "optiboot_atmega328.hex is not there: install arduino-core-avr" >&2; return 1; }
	cp "$build"/tests/real/app/demo-m328p-1.[01].0.hex "$packages"
	head -n 300 "$packages/demo-m328p-1.0.0.hex" >"$work/half.hex"
	echo ':00000001FF' >>"$work/half.hex"
	start uno "$avr" --boot "$boot" --application "$packages/demo-m328p-1.0.0.hex" --link "$work/ttyUNO" || {
		cat "$work/uno.log" >&2
		return 1
	}
	flashmend ports add "$work/ttyUNO" flashmend-demo
	start bricked "$avr" --boot "$boot" --application "$work/half.hex" --link "$work/ttyBRICKED" &&
		flashmend ports add "$work/ttyBRICKED" flashmend-demo
}

bench_stm32() {
	start stm32 flashmend-sim stm32 --pid 0x410 --link "$work/ttySTM32" && flashmend ports add "$work/ttySTM32" stm32f103x8
}

# gateway FILE RELEASE: the USB unit's firmware; it tells the two bytes at 16 as its release
gateway() {
	perl -e 'srand(2); $_ = pack("C*", map { int(rand(255)) } 1 .. 12000); substr($_, 16, 2) = pack("v", hex shift); print' "$2" >"$1"
}
bench_usb() {
	[ -w /sys/devices/platform/vhci_hcd.0/attach ] || return 0
	gateway "$work/gateway.flash" 0100
	gateway "$packages/gateway-1.10.bin" 0110
	start usb flashmend-sim dfu --runtime --version-at=16 --size=65536 --serial=DEMO-0001 --flash="$work/gateway.flash"
}

[[ $kinds != *' avr '* ]] || bench_avr || exit 1
[[ $kinds != *' stm32 '* ]] || bench_stm32
[[ $kinds != *' usb '* ]] || bench_usb

flashmend
