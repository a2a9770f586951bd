#!/bin/bash
# The virtual bench of `bootstrap demo` on a kernel that allows USB units: the DFU unit is there and is written to PASS. Without the
# emulated AVRs, which tests/real/bench-test.sh has, and which would take all of an emulated processor.
. "${FM_SRC:?}/tests/usb/lib.sh"
. "${FM_SRC:?}/tests/tui/lib.sh"
step=5 # each look costs an emulated processor some 50 ms

mkdir "$work/tmp"
tmux -L "$mux" -f /dev/null new-session -d -s fm -x 80 -y 24 \
	"env -u LC_ALL LANG=C.UTF-8 TMPDIR=$work/tmp bash $src/tests/real/bench.sh $build stm32 usb; echo EXIT=\$?; exec sleep 1000"
ok "the unit on USB" shows '^.READY +flashmend-usb +app +1\.00 +DEMO-0001 +usb ' 200
ok "beside the other one" seen '^.READY +.*ttySTM32'
for i in 1 2 3 4 5 6; do
	cursor_line 'DEMO-0001' && break
	press Down
	sleep 0.3
done
press f
shows '1 Firmware' 20 >/dev/null
press Home Enter
ok "its file is checked" shows 'READY(:|, with)' 100
press F
sleep 0.5
seen 'last four characters:' && press 0 0 0 1 Enter
ok "PASS" shows '\*\*\* PASS \*\*\*' 200
ok "the unit itself says 1.10" seen 'version +1\.10, said by the unit itself \(before: 1\.00\)'
press q q q q
ok "quit" shows '^EXIT=0' 50
done_testing
