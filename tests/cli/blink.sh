#!/bin/bash
# A unit shows itself where its definition says how, and nothing else happens to it.
. "${FM_SRC:?}/tests/lib.sh"

define_blinking
sim unit --pid 0x410 --fast --application
unit="-d port:$work/unit"

ok "the definition is right" fm 0 catalog lint "$XDG_DATA_HOME/flashmend/devices/mine.xml"
ok "catalog show" fm 0 catalog show mine
ok "says it" said out '^blink +in its application, for 3 s'
ok "blink" fm 0 blink -m mine $unit --trace "$work/trace"
ok "says how long" said err 'it shows itself: 3 s more'
ok "and that time goes by" said err 'it shows itself: 1 s more'
ok "sends what the definition says, and nothing else" bash -c "
	grep -a '^[^#]* > ' '$work/trace' >'$work/sent'
	[ \$(wc -l <'$work/sent') = 12 ] && [ \$(sed 's/.* > //' '$work/sent' | sort -u | wc -l) = 1 ]"
ok "it is not recorded" fm 0 history list --json
ok "(no record)" test ! -s "$work/out"
ok "where nothing is known" fm 8 blink -m stm32f103x8 $unit
ok "that is said" said err 'E210.*nothing is known that makes a .* show itself'
ok "with what helps" said err 'LEFT then is yours'
ok "not a tty, no unit" fm 4 blink -m mine -d port:/dev/no-such-port

# one at a time
shown() { wait_for grep -q 'it shows itself' "$work/blink"; }
flashmend blink -m mine $unit >/dev/null 2>"$work/blink" </dev/null &
job=$!
ok "it shows itself" shown
ok "another one has to wait" fm 6 info -m mine $unit
ok "and is not told to end it" said err 'next: It may be writing the unit: let it end'
wait $job
ok "the first one ended well" test $? = 0
flashmend blink -m mine $unit >/dev/null 2>"$work/blink" </dev/null &
job=$!
ok "once more" shown
kill -TERM $job
wait $job
ok "told to end, it ends at once" test $? = 143
done_testing
