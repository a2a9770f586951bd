#!/bin/bash
# The USB side of the bench, inside of tests/usb/run.sh with GUEST_TICK=1: usb.sh [RUNS]
# doc/bench.md tells what is compared with what, and why.
. "${FM_SRC:?}/tests/usb/lib.sh"
. "$FM_SRC/tests/bench/lib.sh"

runs=${1:-9}
few=$(((runs + 2) / 3))
size=262144

# --- everything in memory ---

# into_memory FILE...: what is changed lies in the overlay's memory from then on, where opening and reading it needs
# nothing from outside: while the guest waits for that, its counted clock runs from timer to timer
into_memory() { touch -c -- "$@"; }

libraries() { ldd "$@" 2>/dev/null | sed -n 's/^.*[[:space:]]\(\/[^ ]*\) (0x.*/\1/p' | sort -u; }

programs() {
	local name
	for name in flashmend flashmend-sim "$FM_BUILD/tests/bench/measure" dfu-util bash jq awk sed sort grep tail head \
		cat cmp cp dd tr mktemp rm sleep pgrep udevadm touch seq; do
		readlink -f "$(command -v "$name")"
	done
}

mapfile -t needed < <(programs)
mapfile -t -O ${#needed[@]} needed < <(libraries "${needed[@]}" | xargs -n 1 readlink -f)
into_memory "${needed[@]}" /etc/ld.so.cache
find /usr/lib/udev /etc/udev -type f -exec touch -c {} +

# --- definitions of the simulated units ---

only_own
define bench.xml <<'END'
<board id="bench-dfu" vendor="Bench" name="DFU unit">
  <usb vid="0x1209" pid="0x0001" mode="application"/>
  <usb vid="0x1209" pid="0x0002" mode="bootloader"/>
  <loader name="USB DFU" protocol="dfu">
    <usb mode="bootloader"/>
    <param name="size" value="262144"/>
    <enter>
      <detach/>
      <reappear mode="bootloader" within-ms="5000"/>
    </enter>
  </loader>
</board>
<board id="bench-dfuse" vendor="Bench" name="DfuSe unit">
  <usb vid="0x0483" pid="0xDF11" mode="rom"/>
  <loader name="USB DfuSe" protocol="dfuse">
    <usb mode="rom"/>
    <enter help="It is there when it is plugged in"/>
  </loader>
</board>
END

# --- units and tools ---

# seen FIELD: what the unit that was stopped last says of itself
seen() { sed -n "s/^log \(.* \)\?$1=\([0-9]*\).*/\2/p" "$work/unit.log"; }

# span WHAT: nanoseconds from its first transfer of that kind to its last
span() { echo $(($(seen "last_$1_ns") - $(seen "first_$1_ns"))); }

# plug KIND OPTION...: the same unit each time, with the memory that it had
plug() {
	local kind=$1
	shift
	sim_usb unit "$kind" --log --serial=BENCH --flash="$work/flash" "$@"
}

# processes NAME: what its whole process took
processes() {
	add "$1-whole" "$wall_ns"
	add "$1-cpu" "$cpu_ns"
}

flash() {
	run "$1" flashmend flash --yes --no-backup --json --model "$2" --device "usb:$unit_path" "$3"
	processes "$1"
}

images=0
new_image() {
	images=$((images + 1))
	image=$work/image
	vectors "$image" "$1" $images
}

# whole LIST PEER-LIST [TEXT]: times of whole processes, beside each other
whole() {
	fact "  whole process: flashmend${3-}" "$(seconds "$(median "$1-whole")")" s
	fact "    dfu-util" "$(seconds "$(median "$2-whole")")" s
	fact "  processor time: flashmend${3-}" "$(seconds "$(median "$1-cpu")")" s
	fact "    dfu-util" "$(seconds "$(median "$2-cpu")")" s
}

# spread LIST WHO: median, and within what
spread() {
	printf '  %-58s %8.3f s (%.3f to %.3f)\n' "  $2" "$(seconds "$(median "$1")")" "$(seconds "$(least "$1")")" \
		"$(seconds "$(greatest "$1")")"
}

# --- plain DFU ---

# write_and_read LIST OPTION...: dfu-util and flashmend in turn
write_and_read() {
	local list=$1
	shift
	new_image $size
	rm -f "$work/back"
	plug dfu "$@"
	run peer dfu-util -D "$image"
	processes "$list-peer-down"
	run peer dfu-util -U "$work/back"
	processes "$list-peer-up"
	cmp -s "$image" "$work/back" || give_up "dfu-util did not read what it wrote"
	sim_stop unit
	add "$list-peer-down" "$(span download)"
	add "$list-peer-up" "$(span upload)"
	peer_counts="$(seen downloads) DNLOAD, $(seen uploads) UPLOAD, $(seen transfers) in all"

	new_image $size
	plug dfu "$@"
	flash "$list-down" bench-dfu "$image"
	sim_stop unit
	add "$list-down" "$(span download)"
	counts="$(seen downloads) DNLOAD, $(seen uploads) UPLOAD, $(seen transfers) in all"
	[ "$(seen early)" -eq 0 ] || give_up "a status was asked for before its time"

	plug dfu "$@"
	run "$list-up" flashmend backup --json --replace --format=raw --model bench-dfu \
		--device "usb:$unit_path" -o "$work/back.bin"
	processes "$list-up"
	cmp -s "$image" "$work/back.bin" || give_up "flashmend did not read what it wrote"
	sim_stop unit
	add "$list-up" "$(span upload)"
}

bench_plain() {
	local transfer=$1 speed=$2 rounds=$3 i list=$1-$2 each
	local options=(--transfer-size="$1")
	[ "$speed" = full ] || options+=(--high-speed)
	section "256 KiB over DFU, transfers of $transfer bytes, $speed speed, in turn with dfu-util, median of $rounds"
	for ((i = 0; i < rounds; i++)); do
		write_and_read "$list" "${options[@]}"
	done
	for each in down up; do
		echo "  ${each}load, first to last transfer"
		spread "$list-$each" flashmend
		spread "$list-peer-$each" dfu-util
	done
	echo "  flashmend, written and verified: $counts"
	echo "  dfu-util, written and read: $peer_counts"
	figure "download: flashmend / dfu-util" "$(calc "$(median "$list-down") / $(median "$list-peer-down")")" most 1.00
	whole "$list-down" "$list-peer-down" " with verify"
	figure "upload: flashmend / dfu-util" "$(calc "$(median "$list-up") / $(median "$list-peer-up")")" most 1.00
	whole "$list-up" "$list-peer-up"
}

# --- from run-time mode ---

# detached LIST: from the DETACH that the unit followed, and from the start of the process
detached() {
	add "$1" $(($(seen last_download_ns) - $(seen detach_ns)))
	add "$1-start" $(($(seen last_download_ns) - start_ns))
}

bench_detach() {
	local i
	section "256 KiB from run-time mode, transfers of 4096 bytes, in turn with dfu-util, median of $few"
	for ((i = 0; i < few; i++)); do
		new_image $size
		plug dfu --runtime --transfer-size=4096
		run peer dfu-util -d 1209:0001,1209:0002 -D "$image"
		sim_stop unit
		detached detach-peer
		new_image $size
		plug dfu --runtime --transfer-size=4096
		flash detach bench-dfu "$image"
		sim_stop unit
		detached detach
	done
	fact "from DETACH to the last DNLOAD: flashmend" "$(seconds "$(median detach)")" s
	fact "  dfu-util" "$(seconds "$(median detach-peer)")" s
	fact "from the start of the process: flashmend" "$(seconds "$(median detach-start)")" s
	fact "  dfu-util" "$(seconds "$(median detach-peer-start)")" s
	fact "  flashmend / dfu-util" "$(calc "$(median detach-start) / $(median detach-peer-start)")"
	figure "detach to download done: flashmend / dfu-util" "$(calc "$(median detach) / $(median detach-peer)")" most 0.30
}

# --- DfuSe ---

# from the first erase to the last block, as flashmend's events tell: it sends DNLOADs before and behind them, too
erase_and_write() {
	jq -s '(map(select(.type == "phase_end" and .phase == "write").mono_ns) | last) -
		(map(select(.type == "phase_begin" and .phase == "erase").mono_ns) | first)' <"$work/$1.out"
}

# half_blank LIST HELD: what the unit holds in the blank half before: the file that its flash begins with
half_blank() {
	local list=$1 held=$2 i
	for ((i = 0; i < few; i++)); do
		new_image $size
		head -c $((size / 2)) /dev/zero | tr '\0' '\377' | dd of="$image" bs=$((size / 2)) seek=1 conv=notrunc status=none
		cp "$held" "$work/flash"
		plug dfuse --chip=f4
		run peer dfu-util -a 0 -s 0x08000000 -D "$image"
		processes "$list-peer"
		sim_stop unit
		cmp -s -n $size "$image" "$work/flash" || give_up "dfu-util did not write what it should"
		add "$list-peer" "$(span download)"
		peer_counts="$(seen downloads) DNLOAD, $(seen erases) erases, $(seen transfers) in all"
		cp "$held" "$work/flash"
		plug dfuse --chip=f4
		flash "$list" bench-dfuse "$image"
		sim_stop unit
		cmp -s -n $size "$image" "$work/flash" || give_up "flashmend did not write what it should"
		add "$list" "$(erase_and_write "$list")"
		counts="$(seen downloads) DNLOAD, $(seen uploads) UPLOAD, $(seen erases) erases, $(seen transfers) in all"
	done
	fact "erase and write: flashmend" "$(seconds "$(median "$list")")" s
	fact "  dfu-util" "$(seconds "$(median "$list-peer")")" s
	echo "  flashmend, with verify: $counts"
	echo "  dfu-util: $peer_counts"
	whole "$list" "$list-peer" " with verify"
}

bench_dfuse() {
	section "256 KiB over DfuSe, the upper half blank, an STM32F4's times, median of $few"
	random "$work/held" 1048576 99
	half_blank full "$work/held"
	fact "flashmend / dfu-util where the unit held something there" "$(calc "$(median full) / $(median full-peer)")"
	head -c $((size / 2)) /dev/zero | tr '\0' '\377' |
		dd of="$work/held" bs=$((size / 2)) seek=1 conv=notrunc status=none
	half_blank blank "$work/held"
	figure "flashmend / dfu-util where it was blank before" "$(calc "$(median blank) / $(median blank-peer)")" most 0.70
}

# --- list ---

bench_list() {
	local i seats=8
	section "flashmend list with $seats units and the shipped definitions, median of $runs"
	mkdir "$work/shipped"
	cp "$FM_SRC"/devices/*.xml "$FM_SRC"/devices/*.rng "$work/shipped"
	sim_usb seats dfu --count=$seats
	for ((i = 0; i < runs; i++)); do
		FLASHMEND_DEVICES=$work/shipped run list flashmend list
		[ "$(grep -c SIM000 "$work/list.out")" -eq $seats ] ||
			give_up "list does not show $seats units: $(cat "$work/list.out")"
		add list "$(calc "$wall_ns / 1e6")"
		add list-cpu "$(calc "$cpu_ns / 1e6")"
		add list-peak "$(calc "$peak_kib * 1024 / 1e6")"
		run peer dfu-util -l
		add list-peer "$(calc "$wall_ns / 1e6")"
		add list-peer-cpu "$(calc "$cpu_ns / 1e6")"
	done
	sim_stop seats
	fact "flashmend list" "$(median list)" ms
	fact "  its processor time" "$(median list-cpu)" ms
	fact "dfu-util -l, which opens each of them" "$(median list-peer)" ms
	fact "  its processor time" "$(median list-peer-cpu)" ms
	figure "peak memory of flashmend, greatest of $runs" "$(greatest list-peak)" most 16 MB
}

# --- watch ---

stamped() { while IFS= read -r line; do echo "${EPOCHREALTIME/./} $line"; done; }
stamp() { sed -n "s/^\([0-9]*\) $2.*/\1/p" "$work/$1" | head -n 1; }

bench_watch() {
	local i watcher
	section "from plug to a line of watch, median of $runs"
	flashmend watch </dev/null 2>&1 | stamped >"$work/watch" &
	watcher=$!
	wait_for pgrep -x flashmend >/dev/null
	sleep 1
	for ((i = 0; i < runs; i++)); do
		: >"$work/plugged"
		flashmend-sim dfu --serial="WATCH-$i" > >(stamped >"$work/plugged") 2>&1 &
		units+=($!)
		wait_for grep -q " attached .*WATCH-$i" "$work/watch" || give_up "watch did not show the unit"
		add watch $((($(stamp watch "attached .*WATCH-$i") - $(stamp plugged ready)) / 1000))
		kill $!
		wait $! 2>/dev/null
		wait_for grep -q " left .*WATCH-$i" "$work/watch"
	done
	kill -INT "$(pgrep -x flashmend)"
	wait $watcher
	figure "beyond the kernel's own enumeration" "$(median watch)" most 500 ms
	fact "  the longest" "$(greatest watch)" ms
}

# libusb hears of units from it: without it dfu-util does not find a unit again that it has detached
mkdir -p /run/udev
/lib/systemd/systemd-udevd --daemon
udevadm trigger -c add --subsystem-match=usb --subsystem-match=tty
udevadm settle

echo "$(uname -sr), emulated: $(flashmend --version), $(dfu-util --version | head -n 1)"
random "$work/flash" $size 7
bench_watch
bench_list
for transfer in 1024 2048 4096; do
	bench_plain $transfer full "$runs"
done
bench_plain 4096 high "$few"
bench_detach
bench_dfuse
table
