#!/bin/bash
# all.sh SCRIPT...: in the guest: start udev, run the scripts one after the other. Of each stay /run/out/NAME.tap,
# NAME.status and NAME.seconds; a script that never came to its turn leaves none.
set -u
mkdir -p /run/udev
/lib/systemd/systemd-udevd --daemon
udevadm trigger -c add --subsystem-match=usb --subsystem-match=tty
udevadm settle
for script; do
	name=$(basename "$script" .sh)
	read -r began _ </proc/uptime
	timeout -k 5 "${FM_SCRIPT_SECONDS:-120}" bash "$script" >"/run/out/$name.tap" 2>&1 </dev/null
	echo $? >"/run/out/$name.status"
	read -r ended _ </proc/uptime
	awk -v from="$began" -v to="$ended" 'BEGIN { printf "%.1f\n", to - from }' >"/run/out/$name.seconds"
done
