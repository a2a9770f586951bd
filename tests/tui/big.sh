#!/bin/bash
# A firmware file that takes long to read: the screens go on, and what is read of it comes when it is there.
. "${FM_SRC:?}/tests/lib.sh"
. "${FM_SRC:?}/tests/tui/lib.sh"

bytes=4096 one_unit --fast
truncate -s 100M "$packages/big.bin"

open_screen 80 24
shows '^.(READY|RESCUE!).*unit' >/dev/null
press Home
press 4
ok "the library" shows '\[4 Library\]' 100
began=$(now_ms)
press 3
ok "another screen" shows '\[3 History\]' 100
echo "# $(($(now_ms) - began)) ms to the next screen" >&4
press 4
ok "what is small is there" shows '^.ihex .*app\.hex' 100
ok "and the large one at last" shows '^.raw .* 100\.0 MiB .*big\.bin' 600

press 1
ok "devices" shows '\[1 Devices\]' 100
press f
ok "the picker" shows '\[1 Firmware\].*' 100
press End
ok "the large one is chosen" shows '^>\? .*big\.bin' 100
press c
press Escape
ok "the check is left" shows '\[1 Devices\]' 100
press f
shows '\[1 Firmware\]' 100 >/dev/null
press Home
ok "the small one" shows '^>. .*app\.hex' 100
# a moment ago the other check may have come as far as the unit
for _ in 1 2 3 4 5 6 7 8 9 10; do
	press c
	shows '^>(WARN|FITS) .*app\.hex' 20 >/dev/null && break
done
ok "is checked" shows '^>(WARN|FITS) .*app\.hex' 100
press End
shows '^>.* .*big\.bin' 100 >/dev/null
press c
ok "the large one is too large for the unit" shows '^>BLOCKED .*big\.bin' 600

# What is still being read when the program ends.
truncate -s 101M "$packages/big.bin"
press r
press q q
ok "the end is not held up" shows '^EXIT=0' 300
ok "the terminal is as it was" restored
done_testing
