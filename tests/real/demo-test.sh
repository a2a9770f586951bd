#!/bin/bash
# The demo shows what it promises, also where nobody watches: no terminal, no input.
. "${FM_SRC:?}/tests/real/avr-rig.sh"
avr_require
[ -e "$build/tests/real/app/demo-m328p-pump-1.1.0.hex" ] || skip_all "not installed: gcc-avr"
needs gcab

demo() {
	mkdir "$work/tmp"
	TMPDIR=$work/tmp setsid --wait bash "$src/tests/real/demo.sh" "$build" </dev/null >"$work/shown" 2>&1 && return
	cat "$work/shown"
	return 1
}

settings='^EEPROM of the unit: site=Basel pump=7 calibration=1\.0342$'
kept=("backup: firmware 'application', 8192 bytes" "backup: configuration 'eeprom', 1024 bytes" '^backup +done' '^write +done' '^verify +done'
	'^restart +done' '^confirm +done')

# shows PATTERN...: lines that come one after the other
shows() {
	perl -e 'open my $in, "<", shift; while (<$in>) { shift if @ARGV && /$ARGV[0]/ }
		die "not shown after what comes before it: $ARGV[0]\n" if @ARGV' "$work/shown" "$@" && return
	cat "$work/shown"
	return 1
}

ok "the demo" demo
ok "attaches a unit with 1.0.0 and settings" shows '^READY +flashmend-pump' '^version +1\.0\.0 +\(asked the running application\)' \
	'^region +eeprom .* settings, kept' "$settings"
ok "2.0.0 is BLOCKED from 1.0.0, the way is offered" shows 'flash --yes pump-2\.0\.0\.cab' '^BLOCKED +path +file +firmware ge 1\.1\.0' \
	'^ +unit +running version 1\.0\.0' '^the unit.s state: untouched' '^E406 ' "next: Write 'pump-1\.1\.0\.cab' \(1\.1\.0\) first" \
	'^RESULT NONE E406'
ok "plans 1.1.0" shows 'flash --dry-run pump-1\.1\.0\.cab' '^write flash 0x00000000' '^plan$'
ok "1.1.0 is written, with backup, settings kept" shows '^RESULT NONE E406' "${kept[@]}" \
	'^version +1\.1\.0, said by the unit itself \(before: 1\.0\.0\)' '^backup +firmware, configuration' '^settings +same: eeprom' \
	'^RESULT PASS flashmend-pump@ttyDEMO OK'
ok "then 2.0.0" shows '^RESULT PASS' 'flash --yes pump-2\.0\.0\.cab' "${kept[@]}" \
	'^version +2\.0\.0, said by the unit itself \(before: 1\.1\.0\)' '^settings +same: eeprom' '^RESULT PASS' \
	'^READY +flashmend-pump +- +2\.0\.0' '^version after +1\.1\.0'
ok "a downgrade is BLOCKED" shows '^version +2\.0\.0' 'flash --yes pump-1\.0\.0\.cab' '^BLOCKED +direction +file +is version 1\.0\.0' \
	'^ +unit +runs 2\.0\.0: a downgrade' '^the unit.s state: untouched' '^RESULT NONE E405'
ok "rollback to 1.1.0, settings kept" shows '^RESULT NONE E405' 'flashmend rollback' "${kept[@]}" \
	'^version +1\.1\.0, said by the unit itself \(before: 2\.0\.0\)' '^settings +same: eeprom' '^RESULT PASS'
ok "restore to 1.0.0" shows 'flashmend rollback' 'flashmend restore --yes 2' '^verify +done' \
	'^version +1\.0\.0, said by the unit itself \(before: 1\.1\.0\)' '^RESULT PASS' '^READY +flashmend-pump +- +1\.0\.0' "$settings"
ok "loses its power and rescues it" shows 'flashmend restore' '^RESULT PASS' '^write     FAILED' '^E414 ' '^RESULT UNCLEAR .*E414' \
	'^ATTENTION: .*partial' '^RESCUE!' 'broke off: the first [1-9][0-9]* of [0-9]+ pages are on the unit' \
	'^version +1\.1\.0, said by the unit itself' '^settings +same: eeprom' '^RESULT PASS' "$settings" \
	'^8 records, the chain is whole' '^The demo ended as it should'
checked="^checked   self test: 'self-test ok' after [0-9.]+ s; settings: 'site=Basel pump=7 calibration=1.0342' after [0-9.]+ s$"
ok "each of the five jobs that passed was proved by the post-checks" test "$(grep -cE "$checked" "$work/shown")" = 5
ok "... each told when it was answered" shows '^restart +done' "^ +post-check 'self test': answered 'self-test ok' after" \
	"^ +post-check 'settings': answered 'site=Basel pump=7" '^confirm +done'
ok "... and recorded" shows 'history show 2' "^post-checks +self test: 'self-test ok'"
ok "four jobs kept the settings" test "$(grep -c '^settings  same: eeprom' "$work/shown")" = 4
ok "prints lines, nothing for a terminal" bash -c "! grep -P '[\x1b\r]' '$work/shown'"
ok "says nothing of how it is made" bash -c "! grep '$work' '$work/shown'"
ok "leaves nothing behind" rmdir "$work/tmp"
done_testing
