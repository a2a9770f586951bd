#!/bin/bash
# The demo shows what it promises, also where nobody watches: no terminal, no input.
. "${FM_SRC:?}/tests/real/avr-rig.sh"
avr_require
[ -e "$build/tests/real/app/demo-m328p-1.1.0.hex" ] || skip_all "not installed: gcc-avr"

demo() {
	mkdir "$work/tmp"
	TMPDIR=$work/tmp setsid --wait bash "$src/tests/real/demo.sh" "$build" </dev/null >"$work/shown" 2>&1 && return
	cat "$work/shown"
	return 1
}

# shows PATTERN...: lines that come one after the other
shows() {
	perl -e 'open my $in, "<", shift; while (<$in>) { shift if @ARGV && /$ARGV[0]/ }
		die "not shown after what comes before it: $ARGV[0]\n" if @ARGV' "$work/shown" "$@" && return
	cat "$work/shown"
	return 1
}

ok "the demo" demo
ok "attaches a unit with 1.0.0" shows '^READY +flashmend-demo' '^version +1\.0\.0 +\(asked the running application\)'
ok "checks and plans" shows '^VERDICT FITS' '^write flash 0x00000000' '^plan$'
ok "upgrades it to 1.1.0" shows '^write     done' '^verify    done' '^restart   done' '^confirm   done' \
	'^version +1\.1\.0, said by the unit itself \(before: 1\.0\.0\)' '^RESULT PASS flashmend-demo@ttyDEMO OK' \
	'^READY +flashmend-demo +- +1\.1\.0' '^version after +1\.1\.0'
ok "loses its power and rescues it" shows '^RESULT PASS' '^write     FAILED' '^E414 ' '^RESULT UNCLEAR .*E414' \
	'^ATTENTION: .*partial' '^RESCUE!' '^version +1\.0\.0, said by the unit itself' '^RESULT PASS' \
	'^3 records, the chain is whole' '^The demo ended as it should'
ok "prints lines, nothing for a terminal" bash -c "! grep -P '[\x1b\r]' '$work/shown'"
ok "says nothing of how it is made" bash -c "! grep '$work' '$work/shown'"
ok "leaves nothing behind" rmdir "$work/tmp"
done_testing
