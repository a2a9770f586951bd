#!/bin/bash
# Units that can't be had: held by another program, not this user's, not the only one; and units that come and go.
. "${FM_SRC:?}/tests/usb/flash.sh"

firmware "$work/1.bin" 0100
as_nobody() {
	local wanted=$1 got
	shift
	setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/tmp XDG_STATE_HOME=/tmp/nobody \
		XDG_CONFIG_HOME=/tmp/nobody "$build/flashmend" "$@" >"$work/out" 2>"$work/err" </dev/null
	got=$?
	[ $got -eq "$wanted" ] && return 0
	cat "$work/out" "$work/err"
	return 1
}
chmod -R a+rX "$work"

# an ordinary user without the rule
sim_usb unit dfu --log --size=65536
ok "an ordinary user may list it" as_nobody 0 list
ok "DENIED" said out '^DENIED +gateway +boot'
ok "but not flash it" as_nobody 6 flash "$work/1.bin" -y
ok "the rule that is missing is named" eval '
	said err "^E203 .*no permission to use /dev/bus/usb/" && said err "^  next: .*70-flashmend[.]rules"'
ok "NONE" result "NONE E203"

# another program has it
cat >"$work/hold.pl" <<'PERL'
open(my $node, '+<', $ARGV[0]) or die;
my $interface = pack('I', 0);
ioctl($node, 0x8004550f, $interface) or die; # USBDEVFS_CLAIMINTERFACE
open(my $ready, '>', $ARGV[1]);
close($ready);
sleep(600);
PERL
at=/sys/bus/usb/devices/$unit_path
perl "$work/hold.pl" "$(printf /dev/bus/usb/%03d/%03d "$(cat "$at/busnum")" "$(cat "$at/devnum")")" "$work/held" &
holder=$!
units+=($holder)
wait_for test -e "$work/held"
ok "held by another program" fm 6 flash "$work/1.bin" -y
ok "which is named" said err "^E202 .* is in use by perl \(process $holder\)"
ok "with what to do" said err "^  next: End perl \(process $holder\), then run the command again"
ok "NONE" result "NONE E202"
kill $holder
wait $holder 2>/dev/null
sim_stop unit
ok "nothing was sent in all this" nothing_was_sent unit

# two that match
sim_usb two dfu --count=2 --serial=SAME --log
ok "two units" fm 5 flash "$work/1.bin" -y
ok "both are named" said err "^E201 .*usb ${two_path[0]}, usb ${two_path[1]}"
ok "two with the serial number" fm 5 flash "$work/1.bin" -y -d serial:SAME
ok "both are named" said err "^E201 .*SAME: usb ${two_path[0]}, usb ${two_path[1]}"
ok "one by its place" fm 0 flash "$work/1.bin" -y -d "usb:${two_path[1]}"
ok "PASS" result "PASS gateway@usb:${two_path[1]} OK"
sim_stop two

# gone again while the system still looks at it
sim_usb hasty dfu --size=65536
for round in 1 2 3 4 5; do
	kill -RTMIN "$pid_hasty"
	wait_for off_bus "$hasty_path"
	kill -RTMIN "$pid_hasty"
	sleep 0.0$round
done
ok "unplugged while it is enumerated: list ends well" fm 0 list
wait_for on_bus "$hasty_path"
ok "it is there at the end" told_of 'BOOT +gateway +boot'
ok "and can be flashed" fm 0 flash "$work/1.bin" -y
sim_stop hasty
ok "no unit" eval 'fm 4 flash "$work/1.bin" -y && result "NONE E200"'
done_testing
