#!/bin/bash
# Packages on a real boot loader: 1.0.0 to 1.1.0 to 2.0.0, where 2.0.0 refuses to be reached from 1.0.0, and no way back down.
. "${FM_SRC:?}/tests/real/avr-rig.sh"
. "$FM_SRC/tests/real/packages.sh"
. "$FM_SRC/tests/tui/lib.sh"
avr_require
needs gcab jq
app=$build/tests/real/app
[ -e "$app/demo-m328p-small-2.0.0.hex" ] || skip_all "not installed: gcc-avr"

guid=$(package_guid flashmend-demo)
unit="-m flashmend-demo -d port:$work/unit"
mkdir -p "$XDG_DATA_HOME/flashmend/devices" "$XDG_DATA_HOME/flashmend/packages"
cp "$src/tests/real/flashmend-demo.xml" "$XDG_DATA_HOME/flashmend/devices/"

library=$XDG_DATA_HOME/flashmend/packages
package "$library/demo-1.0.0.cab" m328p-small 1.0.0 $guid
package "$library/demo-1.1.0.cab" m328p-small 1.1.0 $guid
package "$library/demo-2.0.0.cab" m328p-small 2.0.0 $guid '<firmware compare="ge" version="1.1.0"/>'
package "$library/other-2.0.0.cab" m328p-small 2.0.0 2fa8891f-3ece-53a4-adc4-0dd875685f30

runs() { # VERSION: the unit itself says so
	fm 0 info $unit && said out "^version +$1  \(asked the running application\)"
}

ok "the library" fm 0 package list
ok "... holds them" said out '^demo-2.0.0.cab +2\.0\.0 '
ok "a unit" avr_start unit optiboot --application "$app/demo-m328p-small-1.0.0.hex"
ok "2.0.0 is not reached from 1.0.0" fm 8 flash -y $unit "$library/demo-2.0.0.cab"
ok "... by the rule 'path'" said err "E406.*rule 'path': the file: firmware ge 1.1.0; the unit: running version 1.0.0"
ok "... result" result NONE E406
ok "... the way there is found in the library" said err "next: Write 'demo-1.1.0.cab' \(1.1.0\) first, which leads there from 1.0.0; it lies in .*/packages"
ok "check says so, and that all else fits" fm 8 check $unit "$library/demo-2.0.0.cab"
ok "... the package is for it" said out "^FITS +package +file  Demo board, for $guid"
ok "... the direction" said out '^FITS +direction +file  is version 2.0.0'
ok "... nothing but the path blocks" test "$(grep -c '^BLOCKED' "$work/out")" = 1

flashmend ports add "$work/unit" flashmend-demo
open_screen 132 40
shows '^.(READY|BOOT|RESCUE!).*unit' >/dev/null
press Home f
ok "on the screens, too" shows '^.* 2\.0\.0 .* demo-2\.0\.0\.cab' 100
press Down Down
shows '^>.* demo-2\.0\.0\.cab' 100 >/dev/null
press c
ok "... 2.0.0 is blocked" shows '^>BLOCKED .* demo-2\.0\.0\.cab' 300
ok "... with the way there" seen "Write 'demo-1\.1\.0\.cab' \(1\.1\.0\) first, which leads there from 1\.0\.0"
press q q
ok "... and left" shows '^EXIT=0' 100
flashmend ports remove "$work/unit"

ok "a package for another model" fm 8 flash -y $unit "$library/other-2.0.0.cab"
ok "... is said" said err "E400.*rule 'package'"
ok "1.1.0" fm 0 flash -y $unit "$library/demo-1.1.0.cab"
ok "... passes, by the unit's own word" result PASS "flashmend-demo@$work/unit" OK
ok "... which is 1.1.0" said err '^version +1\.1\.0, said by the unit itself \(before: 1\.0\.0\)'
ok "2.0.0 from there" fm 0 flash -y $unit "$library/demo-2.0.0.cab"
ok "... passes" said err '^version +2\.0\.0, said by the unit itself \(before: 1\.1\.0\)'
ok "verify proves it, though 2.0.0 is not written over 2.0.0" fm 0 verify $unit "$library/demo-2.0.0.cab"
ok "... and that it is not 1.0.0" fm 11 verify $unit "$library/demo-1.0.0.cab"
ok "a downgrade" fm 8 flash -y $unit "$library/demo-1.0.0.cab"
ok "... is blocked" said err "E405.*rule 'direction': the file: is version 1.0.0; the unit: runs 2.0.0: a downgrade"
ok "... the unit runs on" runs 2.0.0
ok "... --yes and --allow don't help" fm 2 flash -y --allow=direction $unit "$library/demo-1.0.0.cab"

# what the definition's policy makes of it
policy() { # DOWNGRADE: of the demo board
	sed "/<board id=\"flashmend-demo\"/,/<\/board>/s|<\/question>|</question><policy downgrade=\"$1\"/>|" \
		"$src/tests/real/flashmend-demo.xml" >"$XDG_DATA_HOME/flashmend/devices/flashmend-demo.xml"
}
policy blocked
ok "the policy says blocked" fm 8 flash -y $unit "$library/demo-1.1.0.cab"
ok "... it is" said err "E405.*rule 'direction'"
policy allowed
ok "the policy allows it" fm 0 check $unit "$library/demo-1.0.0.cab"
ok "... a WARN" said out '^WARN +direction +file  is version 1.0.0'
ok "... nothing but that is said against it" test "$(grep -c '^BLOCKED' "$work/out")" = 0
ok "down" fm 0 flash -y $unit "$library/demo-1.0.0.cab"
ok "... passes, by the unit's own word" said err '^version +1\.0\.0, said by the unit itself \(before: 2\.0\.0\)'
ok "... the record says what was accepted" bash -c \
	'flashmend history list --json --limit 1 | jq -e ".result == \"PASS\" and (.allowed | split(\",\") | index(\"direction\"))"'
ok "the way up is what it was: not from 1.0.0 to 2.0.0" fm 8 flash -y $unit "$library/demo-2.0.0.cab"
ok "... by the rule 'path'" said err "E406.*rule 'path'"
policy blocked
ok "the policy blocks again" fm 0 flash -y $unit "$library/demo-1.1.0.cab"
ok "... up" runs 1.1.0
ok "... and not down" fm 8 flash -y $unit "$library/demo-1.0.0.cab"
ok "... which runs" runs 1.1.0
stop unit
done_testing
