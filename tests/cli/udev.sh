#!/bin/bash
# The rules for udev that the definitions make, and what doctor says of them.
. "${FM_SRC:?}/tests/lib.sh"

rules=$work/70-flashmend.rules
export FLASHMEND_UDEV_RULES=$rules
# KEY OPERATOR "VALUE", comma between them (udev(7))
pair='[A-Z]+(\{[A-Za-z_]+\})?(==|!=|\+=|=)"[^"]*"'
well_formed() { ! grep -Ev "^($pair(, $pair)*|#.*|)\$" "$1"; }
each_once() { ! grep '^[A-Z]' "$1" | sort | uniq -d | grep .; }

ok "catalog udev" fm 0 catalog udev
cp "$work/out" "$rules"
ok "every line is a rule, a comment or empty" well_formed "$rules"
ok "no rule twice" each_once "$rules"
ok "one comment a vendor" eval '! grep "^# " "$rules" | sort | uniq -d | grep .'
ok "the identities of the Pico" eval \
	'[ "$(grep -Ec "^ATTRS\{idVendor\}==\"2e8a\", ATTRS\{idProduct\}==\"(0003|000a|000f|0009)\", TAG\+=\"uaccess\", ENV\{ID_MM_DEVICE_IGNORE\}=\"1\"$" "$rules")" = 4 ]'
ok "DFU by its class" grep -q '^ENV{DEVTYPE}=="usb_device", ENV{ID_USB_INTERFACES}=="\*:fe0102:\*", TAG+="uaccess"' "$rules"
ok "no bridge is claimed" eval '! grep -Ei "\"(0403|1a86|10c4|067b)\"" "$rules"'
ok "nothing but tags and properties is set" eval '! grep -E "RUN|PROGRAM|IMPORT|MODE|OWNER|GROUP|NAME|SYMLINK" "$rules"'
ok "the jump has its end" eval '[ "$(grep -c "GOTO=\"flashmend_end\"" "$rules")" = 2 ] && [ "$(tail -n 1 "$rules")" = "LABEL=\"flashmend_end\"" ]'
if udevadm verify --help >/dev/null 2>&1; then
	ok "udevadm verify" udevadm verify "$rules"
fi
[ -z "${FM_BUILD-}" ] || [ ! -e "$build/udev/70-flashmend.rules" ] ||
	ok "what was built for the installation is the same" cmp "$build/udev/70-flashmend.rules" "$rules"

# the user's own definitions make rules too, and cannot make anything else
define mine.xml <<'END'
<board id="mine" vendor="me&#10;RUN+=&quot;/bin/false&quot;" name="Mine">
  <usb vid="0x1209" pid="0xABCD" mode="bootloader" release="0x0102" product="Mine *"/>
  <loader name="x" protocol="stk500v1" chip="atmega328p"><serial baud="115200" framing="8N1"/></loader>
</board>
END
ok "doctor" fm 0 doctor
ok "rules that lack a definition are older" said out 'WARN\] udev rules .*1 of [0-9]+ rules are not in it'
ok "and how to renew them" said out 'flashmend catalog udev \| sudo tee /etc/udev/rules.d/70-flashmend.rules'
ok "catalog udev with a definition of one's own" fm 0 catalog udev
ok "has its release and product" said out \
	'^ATTRS\{idVendor\}=="1209", ATTRS\{idProduct\}=="abcd", ATTRS\{bcdDevice\}=="0102", ATTRS\{product\}=="Mine \*", TAG'
ok "a line break in a name starts no rule" eval '! grep -q "^RUN" "$work/out"'
ok "and is still well formed" well_formed "$work/out"
cp "$work/out" "$rules"
ok "doctor with the new rules" fm 0 doctor
ok "has nothing to say of them" said out 'ok \] udev rules '
rm "$rules"
ok "doctor without rules" fm 0 doctor
ok "says that they are missing" said out 'WARN\] udev rules +not installed'
ok "doctor --json" fm 0 doctor --json
ok "says so too" eval 'jq -es "any(.check == \"udev rules\" and .state == \"warn\" and (.fix | length) > 0)" "$work/out" >/dev/null'
done_testing
