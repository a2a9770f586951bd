#!/bin/bash
# The options of a job on the screens: what the command line can say of it, said here and recorded.
. "${FM_SRC:?}/tests/lib.sh"
. "${FM_SRC:?}/tests/tui/lib.sh"
one_unit --fast

details() {
	press 1
	shows '\[1 Devices\]' 20 && press Home && shows '^>(READY|RESCUE!).*unit' 40 && press Enter && shows '> Details' 20
}
cursor_row() { screen | grep '^>'; }
to_option() { # NAME
	local i k before
	press Home
	cursor_on "^>(allow|timeout) " >/dev/null
	for ((i = 0; i < 25; i++)); do
		cursor_line "^>$1 " && return 0
		before=$(cursor_row)
		press Down
		for ((k = 0; k < 40; k++)); do
			[ "$(cursor_row)" = "$before" ] || break
			sleep 0.05
		done
	done
	echo "no option '$1' on:"
	screen
	return 1
}

for locale in C.UTF-8 C; do
	open_screen 80 24 LC_ALL=$locale -- --verify=readback
	ok "$locale: to the options of a unit" eval 'details && press x && shows "> Options" 20'
	ok "$locale: what the command line said is there" shows '^.verify +readback +command line' 10
	ok "$locale: Enter goes to the next value" eval 'to_option verify && press Enter && shows "^>verify +best +chosen here" 10'
	press Enter Enter
	ok "$locale: and to the last" shows '^>verify +hash +chosen here' 10
	press d
	ok "$locale: d takes it back" shows '^>verify +readback +command line' 10
	ok "$locale: a text is asked for" eval 'to_option baud && press Enter && shows "baud .RATE; empty = default.:" 10'
	press a b c Enter
	ok "$locale: what is wrong is said" shows '\-\-baud takes a number' 10
	ok "$locale: and not taken" shows '^>baud +as defined +definition' 10
	ok "$locale: a list" eval 'to_option allow && press Enter && shows "allow .RULE" 10'
	press c o n f i g , p a t h Enter
	ok "$locale: is taken" shows '^>allow +config,path +chosen here' 10
	ok "$locale: only ASCII in the C locale" eval '[ $locale != C ] || ! screen | grep -qP "[^\x00-\x7f]"'
	press Escape
	ok "$locale: back" shows '> Details' 20
	ok "$locale: nothing was done to the unit" test -z "$(records)"
done

open_screen 80 24
ok "to the checks before writing" to_preflight
press x
ok "the options of the flash" shows '> Options' 20
ok "not those of a backup" lacks 'format .backup'
to_option expect-version >/dev/null
press Enter
shows 'expect-version .TEXT' 10 >/dev/null
press 9 . 9 Enter
ok "a version is expected" shows '^>expect-version +9.9 +chosen here' 10
to_option ticket >/dev/null
press Enter T - 7 Enter
ok "a ticket" shows '^>ticket +T-7 +chosen here' 10
press Escape
ok "the checks run again by themselves" shows 'Options .*expect-version=9.9' 50
ok "and are ready, or say why not" shows 'READY|CANNOT START' 50
press x
to_option expect-version >/dev/null
press d
to_option trace >/dev/null
press Enter
shows 'trace .FILE' 10 >/dev/null
press "$work/wire" Enter
ok "a trace" shows '^>trace +.*wire +chosen here' 10
to_option verify >/dev/null
press Enter Enter
shows '^>verify +readback +chosen here' 10 >/dev/null
to_option operator >/dev/null
press Enter m k Enter
ok "a name" shows '^>operator +mk +chosen here' 10
press Escape
shows 'READY, with warnings' 50 >/dev/null
ok "what is chosen is shown" shows 'Options .*verify=readback,' 10
ok "nothing was written so far" test -z "$(records)"
ok "Enter writes nothing" eval 'press Enter Enter Enter; sleep 0.3; test -z "$(records)"'
confirm F
ok "PASS" shows '\*\*\* PASS \*\*\*' 200
ok "recorded with name and ticket" bash -c "flashmend history list --json --limit 1 | jq -e '.operator == \"mk\" and .ticket == \"T-7\" and .verify == \"readback\"'"
ok "the wire was recorded" test -s "$work/wire"

ok "another unit of the same kind keeps the name" eval 'details && press x && shows "> Options" 20 && to_option operator'
ok "chosen here" cursor_on '^>operator +mk +chosen here'
press Home
to_option 'format .backup.' >/dev/null
press Enter
ok "how a backup is written" shows '^>format .backup. +raw +chosen here' 10
press Escape b
shows 'empty: into the store' 20 >/dev/null
press "$work/saved.bin" Enter
ok "a backup as raw bytes" shows '\*\*\* PASS \*\*\*' 200
ok "is the memory" bash -c "cmp -n 16384 $work/saved.bin $work/fw.bin"
details >/dev/null
press b
shows 'empty: into the store' 20 >/dev/null
press "$work/saved.bin" Enter
ok "never over a file" shows 'exists already' 50
details >/dev/null
press x
to_option replace >/dev/null
press Enter
ok "unless it is to be replaced" shows '^>replace +yes +chosen here' 10
press Escape b
ok "says so when it asks" shows 'REPLACE the file by the backup .empty: into the store' 20
press "$work/saved.bin" Enter
ok "which is done" shows '\*\*\* PASS \*\*\*' 600
details >/dev/null
press b
shows 'empty: into the store' 20 >/dev/null
press Enter
ok "into the store" shows '\*\*\* PASS \*\*\*' 200
details >/dev/null
press s
ok "which has it now" shows '^>20.*firmware' 30
press Enter
ok "and it could be written back" shows 'RESTORE the backup [0-9a-f]{12}' 50
ok "which nobody did" bash -c "! flashmend history list --json | jq -e 'select(.verb == \"restore\")'"

open_screen 80 24
to_preflight >/dev/null
press x
to_option not-before >/dev/null
press Enter + 2 h Enter
ok "a window: a point in time" shows '^>not-before +20[0-9-]+T[0-9:]+Z +chosen here' 10
press Escape
shows 'READY, with warnings' 50 >/dev/null
confirm F
ok "before it nothing is started" shows 'the window begins in' 50

printf '{"signature": "warn"}' >"$work/config.json"
open_screen 80 24 -- --config="$work/config.json"
details >/dev/null
press x
ok "what the configuration asks for" shows '^.signature +warn +configuration' 20
to_option signature >/dev/null
press Enter
ok "is never loosened" eval '! screen | grep -q "^>signature *ignore"'
press Enter
ok "but may be more" shows '^>signature +required +chosen here' 10

open_screen 100 60 TERM=dumb
choose_unit
ok "without screens: options" shows '10  options' 20
press 1 0 Enter
ok "are numbered" shows '^ +7  verify +best +default' 20
press 7 Enter
ok "and say what they may be" shows 'one of best, readback, hash' 20
press m a y b e Enter
ok "what is wrong is said" shows 'E110 .*--verify is one of' 20
press 7 Enter h a s h Enter
ok "what is right is taken" shows '^ +7  verify +hash +chosen here' 20
press Enter
shows '10  options' 20 >/dev/null
press Enter
ok "the list again" shows 'q to leave' 20
press "$number" Enter 1 0 Enter
ok "another unit begins anew" wait_for eval 'screen | grep "  verify" | tail -1 | grep -q "best.*default"'
done_testing
