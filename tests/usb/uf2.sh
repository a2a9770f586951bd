# For tests of boards with a UF2 boot loader: their drive on the kernel's own disk driver. Source it.
. "${FM_SRC:?}/tests/usb/lib.sh"
# the driver lets a drive settle for a second, which no unit here needs
echo 0 >/sys/module/usb_storage/parameters/delay_use

samd21=68ED2B88 nrf52840=ADA52840 rp2040=E48BFF56
# a board of the definitions, as it shows itself
zero="--vid=0x2886 --pid=0x000D"

# uf2 FILE OUT BASE FAMILY: blocks of 256 bytes, made here and not by the program
uf2() {
	perl -e '
		local $/; open my $in, "<:raw", $ARGV[0] or die; my $data = <$in>;
		my $total = int((length($data) + 255) / 256);
		for my $i (0 .. $total - 1) {
			print pack("V8 a256 x220 V", 0x0A324655, 0x9E5D5157, 0x2000, hex($ARGV[1]) + 256 * $i, 256, $i,
				$total, hex $ARGV[2], substr($data, 256 * $i, 256), 0x0AB16F30);
		}' "$1" "$3" "$4" >"$2"
}

# drive NAME OPTIONS...: a unit whose disk the kernel and udev have; its node is in $NAME_disk
drive() {
	local name=$1 found
	sim_usb "$name" uf2 --log --flash="$work/$name.flash" "${@:2}"
	disk_of() { found=$(compgen -G "/sys/bus/usb/devices/${!path}:1.0/host*/target*/*:*/block/*") && [ -n "$found" ]; }
	local path=${name}_path
	wait_for disk_of || { echo "Bail out! no disk of $name"; exit 1; }
	udevadm settle
	declare -g "${name}_disk=/dev/${found##*/}"
}

# again NAME: in its boot loader once more
again() {
	local path=${1}_path pid=pid_$1
	kill -RTMIN "${!pid}"
	wait_for off_bus "${!path}"
	sleep 0.3
	kill -RTMIN "${!pid}"
	wait_for on_disk "${!path}"
	udevadm settle
}
on_disk() { compgen -G "/sys/bus/usb/devices/$1:1.0/host*/target*/*:*/block/*" >/dev/null; }

# holds NAME FILE AT [FROM]: stop the unit; the file lies there in its flash
holds() {
	sim_stop "$1"
	cmp -i "$3:0" -n "$(stat -c %s "$2")" "$work/$1.flash" "$2"
}
untouched() {
	sim_stop "$1"
	! LC_ALL=C grep -aqP '[^\xff]' "$work/$1.flash" || { echo "something was written"; cat "$work/$1.log"; false; }
}
fresh() { rm -f "$work"/*.flash; }
became() { wait_for grep -qx "$2" "/sys/bus/usb/devices/$1/idProduct"; }
last() { flashmend history list --json | head -n 1 | jq -e "$1"; }
as_nobody() { # EXIT ARGUMENTS...
	local got
	setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/tmp XDG_STATE_HOME=/tmp/nobody XDG_DATA_HOME=/tmp \
		XDG_CONFIG_HOME=/tmp "$build/flashmend" "${@:2}" >"$work/out" 2>"$work/err" </dev/null
	got=$?
	[ $got = "$1" ] || { echo "exit $got"; cat "$work/out" "$work/err"; false; }
}
chmod -R a+rX "$work"

random "$work/fw.bin" 20000
uf2 "$work/fw.bin" "$work/fw.uf2" 2000 $samd21
uf2 "$work/fw.bin" "$work/nrf.uf2" 2000 $nrf52840
uf2 "$work/fw.bin" "$work/pico.uf2" 10000000 $rp2040
mkdir -p "$work/mnt"
