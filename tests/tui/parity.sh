#!/bin/bash
# What the command line can do with a unit, the screens can do, too: every command has a key, every
# option a row in the options, or a reason stands here. A new one that is forgotten fails.
. "${FM_SRC:?}/tests/lib.sh"
. "${FM_SRC:?}/tests/tui/lib.sh"
one_unit --fast

# command: view, key and word in the key bar or the help
keys='
info:Details:i ask
blink:Devices:s show
check:Firmware:c check
flash:Devices:f flash
verify:Firmware:v compare
backup:Details:b backup
erase:Details:e erase
restore:Details:r restore
rollback:Details:u roll back
list:Devices:r rescan
history list:History:r reload
history show:History:i inspect
history export:History:x export
history verify:History:v verify
history units:History:u by unit
history slots:History:s by slot
history backups:Details:s backups
package list:Library:r reload
package inspect:Library:i inspect
ports add:Devices:a add port
ports label:Devices:l label
doctor:Devices:d doctor
'
# as a page with ":" (tested below), or by itself
others='
watch:the devices are live
ports remove:z in the details, which only the help names
ports list:as a page
ports unlabel:l with an empty name
catalog show:d in the details, which only the help names (tested below)
catalog list:as a page
catalog lint:as a page
catalog udev:as a page
'
# options of the unit commands that are no row of the options, and why
reasons='
device:the row that is selected
model:n names it
firmware:the row that is selected in the firmware
dry-run:the preflight is that
yes:a capital letter and the last four characters; nobody answers beforehand
wait:the devices are live: what is plugged in appears
error-on-noop:about the exit code
no-backup:backup=none
output:b asks for it
answer:a in the preflight asks for it
'

in_list() { grep -q "^$2:" <<<"$1"; }
flashmend --help | awk '/^  [a-z]/ { n = substr($0, 3, 15); sub(/ +$/, "", n); print n }' >"$work/commands"
ok "the help lists commands" eval '[ "$(wc -l <"$work/commands")" -ge 20 ]'
while read -r command; do
	ok "$command: has a key, or a reason" eval 'in_list "$keys" "$command" || in_list "$others" "$command"'
done <"$work/commands"
while IFS=: read -r command _; do
	[ -z "$command" ] || ok "$command: is a command" grep -qx "$command" "$work/commands"
done <<<"$keys$others"

open_screen 132 60
shows '^.(READY|RESCUE!).*unit' 40 >/dev/null
press Home
screen >"$work/Devices"
press Enter
shows '> Details' 20 >/dev/null
screen >"$work/Details"
press f
shows '\[1 Firmware\]' 20 >/dev/null
screen >"$work/Firmware"
press 3
shows '\[3 History\]' 20 >/dev/null
screen >"$work/History"
press 4
shows '\[4 Library\]' 20 >/dev/null
screen >"$work/Library"
while IFS=: read -r command view key; do
	[ -z "$command" ] || ok "$command: $key in $view" bash -c "tail -2 $work/$view | grep -Fq -- '$key'"
done <<<"$keys"

# All rows fit on a tall terminal.
press 1
shows '\[1 Devices\]' 20 >/dev/null
press Enter
shows '> Details' 20 >/dev/null
press x
shows '> Options' 20 >/dev/null
screen | sed -n 's/^[ >]\([a-z-]*\) .* \(default\|definition\|file\|package\|configuration\|command line\)$/\1/p' | grep . | sort -u >"$work/rows"
ok "the options are seen" grep -qx verify "$work/rows"
for command in info check flash verify backup erase restore rollback; do
	flashmend "$command" --help | sed -n '/^Options of all/q; s/^ *\(-.,\)\? *--\([a-z-]*\).*/\2/p' >"$work/options"
	ok "$command: has options" test -s "$work/options"
	while read -r option; do
		ok "$command --$option" eval 'grep -qx -- "$option" "$work/rows" || in_list "$reasons" "$option"'
	done <"$work/options"
done
for option in operator station ticket; do
	ok "--$option" grep -qx "$option" "$work/rows"
done
# and the other way round
for command in info check flash verify backup erase restore rollback; do
	flashmend "$command" --help
done | sed -n 's/^ *\(-.,\)\? *--\([a-z-]*\).*/\2/p' | sort -u >"$work/all"
while read -r row; do
	ok "$row is an option of the command line" grep -qx -- "$row" "$work/all"
done <"$work/rows"

page() { # COMMAND
	press : && shows '^ flashmend ' 20 && tmux -L "$mux" send-keys -t fm -l -- "$1" && press Enter
}
for locale in C.UTF-8 C; do
	open_screen 80 24 LC_ALL=$locale
	shows '^.(READY|RESCUE!).*unit' 40 >/dev/null
	press Home d
	ok "$locale: doctor" shows '^ flashmend doctor +ended with' 50
	press Escape a
	shows 'Path of the port, blank, model:' 20 >/dev/null
	tmux -L "$mux" send-keys -t fm -l -- "$work/other stm32f103x8"
	press Enter
	ok "$locale: ports add" shows 'ports add .*other stm32f103x8' 20
	ok "$locale: ends well" shows 'ended with 0' 50
	ok "$locale: it is in the list" bash -c "flashmend ports list | grep -q other"
	press Escape
	page "ports remove $work/other"
	ok "$locale: ports remove" shows 'ports remove .*ended with 0' 50
	ok "$locale: it is gone" bash -c "! flashmend ports list | grep -q other"
	press Escape
	page "ports list"
	ok "$locale: ports list" shows 'unit +stm32f10x-md' 50
	press Escape
	page "catalog list"
	ok "$locale: catalog list" shows 'ended with 0' 50
	press End
	ok "$locale: its end can be reached" shows '^> ' 20
	press Escape
	page "catalog lint $src/devices/avr.xml"
	ok "$locale: catalog lint" shows 'ended with 0' 50
	press Escape
	cp "$src/devices/avr.xml" "$work/it's a \"copy\".xml"
	page "catalog lint '$work/it'\\''s a \"copy\".xml'"
	ok "$locale: a name with blanks and quotation marks" shows 'ended with 0' 50
	press Escape
	page "catalog lint $work/it's"
	ok "$locale: what is not closed is said" shows 'is not closed' 20
	page "catalog udev"
	ok "$locale: catalog udev" shows 'ended with 0' 50
	press Escape
	page "nonsense"
	ok "$locale: what is not known is said" shows 'as a page: list, catalog' 20
	for command in "flash -y $packages/app.hex" "-y flash $packages/app.hex" "erase -y" "restore -y"; do
		page "$command"
		ok "$locale: no unit is changed so: $command" shows 'units have keys' 20
	done
	press Enter
	shows '> Details' 20 >/dev/null
	press d
	ok "$locale: the definition" shows '^ flashmend catalog show stm32f10x-md +ended with 0' 50
	ok "$locale: only ASCII in the C locale" eval '[ $locale != C ] || ! screen | grep -qP "[^\x00-\x7f]"'
	press 4
	shows '\[4 Library\]' 20 >/dev/null
	press i
	ok "$locale: the file" shows '^ flashmend package inspect .*ended with 0' 50
	ok "$locale: no job ran" test -z "$(records)"
done
flashmend backup --device "port:$work/unit" >"$work/out" 2>&1
press 3
shows '^>.* backup +PASS' 20 >/dev/null || { press r; shows '^>.* backup +PASS' 20; }
press i
ok "a record" shows '^ flashmend history show 1 +ended with 0' 50
ok "with its phases" shows 'phase' 20
press Escape v
ok "the chain" shows '1 records, the chain is whole' 50
press Escape x
shows 'New file for the records' 20 >/dev/null
tmux -L "$mux" send-keys -t fm -l -- "$work/all jobs.csv"
press Enter
ok "an export" shows 'ended with 0' 50
ok "as its name says" bash -c "head -1 '$work/all jobs.csv' | grep -q ,"
done_testing
