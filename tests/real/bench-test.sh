#!/bin/bash
# The virtual bench of `bootstrap demo`: on the real boot loader a file that fits is written by one capital letter, and proved.
. "${FM_SRC:?}/tests/real/avr-rig.sh"
. "${FM_SRC:?}/tests/tui/lib.sh"
avr_require
[ -e "$build/tests/real/app/demo-m328p-1.1.0.hex" ] || skip_all "not installed: gcc-avr"

mkdir "$work/tmp"
tmux -L "$mux" -f /dev/null new-session -d -s fm -x 80 -y 24 \
	"env -u LC_ALL LANG=C.UTF-8 TMPDIR=$work/tmp bash $src/tests/real/bench.sh $build; echo EXIT=\$?; exec sleep 1000"
ok "the Uno" shows '^.READY +flashmend-demo .*ttyUNO' 200
ok "the bricked one" seen '^.READY +flashmend-demo .*ttyBRICKED'
ok "the STM32" seen '^.READY +stm32f10x-md .*ttySTM32'
until seen '^>READY .*ttyUNO'; do press Down; sleep 0.2; done
press f
shows '1 Firmware' 20 >/dev/null
press Down Enter
ok "1.1.0 fits" shows 'READY: F \(capital\) starts' 100
press F
ok "F starts it" shows 'DO NOT UNPLUG' 100
ok "PASS" shows '\*\*\* PASS \*\*\*' 300
ok "the unit itself says 1.1.0" seen 'version +1\.1\.0, said by the unit itself \(before: 1\.0\.0\)'
press 1
until seen '^>READY .*ttyBRICKED'; do press Up; sleep 0.2; done
press f
shows '1 Firmware' 20 >/dev/null
press Home Down Enter
ok "the bricked one answers, too" shows 'READY' 150
press F
sleep 0.3
! seen 'type FLASH' || press F L A S H Enter
ok "and is brought back" shows '\*\*\* PASS \*\*\*' 300
ok "the unit itself says 1.1.0" seen 'version +1\.1\.0'
press q q q q
ok "quit" shows '^EXIT=0' 30
done_testing
