#!/bin/bash
# What is broken before the start is said at the start: definitions, records that can't be written.
. "${FM_SRC:?}/tests/lib.sh"
. "${FM_SRC:?}/tests/tui/lib.sh"

one_unit --fast
flashmend ports label "$work/unit" A1 >"$work/out"
devices=$XDG_DATA_HOME/flashmend/devices
mkdir -p "$devices"
echo '<devices format="1"><board id="x" oops="1"/></devices>' >"$devices/broken.xml"
open_screen 80 24
ok "a definition that was left out is said" shows '1 file with definitions left out: 5 \(log\) says why'
press 5
ok "and why" shows 'definition left out: '
press Up Up Up
ok "to its end" shows 'needs an id and a name'
press q
ok "end" shows '^EXIT=0'
rm "$devices/broken.xml"

# Records that may be read but not written: by another user, for root may write everything.
as=
chmod -R a+rX "$work"
chmod a-w "$XDG_STATE_HOME/flashmend" "$XDG_STATE_HOME/flashmend/records.sqlite"
if [ "$(id -u)" = 0 ]; then
	as="setpriv --reuid=65534 --regid=65534 --clear-groups"
	$as "$build/flashmend" --version >"$work/out" 2>&1 || as=none
fi
if [ "$as" = none ]; then
	ok "another user can't run the program: not tested # SKIP" true
else
	mkdir "$work/bin"
	printf '#!/bin/sh\nexec %s %s/flashmend "$@"\n' "$as" "$build" >"$work/bin/flashmend"
	chmod -R a+rx "$work/bin"
	open_screen 80 24 "PATH=$work/bin:$PATH"
	ok "that no unit can be written is said first" shows 'No unit can be written: the records cannot be written'
	ok "what they say of units is shown all the same" seen ' A1 .*unit'
	press 3
	ok "and is not called nothing" shows 'No job was recorded yet'
	press q
	ok "end" shows '^EXIT=0'
fi
chmod u+w "$XDG_STATE_HOME/flashmend"
done_testing
