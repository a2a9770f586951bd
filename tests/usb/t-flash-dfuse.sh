#!/bin/bash
# STM32s in their boot loader (DfuSe), as their users flash them.
. "${FM_SRC:?}/tests/usb/flash.sh"

vectors "$work/p.bin" 6000
# half of it blank: 4 KiB, 8 KiB of nothing, 4 KiB
{
	head -c 4096 "$work/p.bin"
	head -c 8192 /dev/zero | tr '\0' '\377'
	head -c 4096 "$work/p.bin"
} >"$work/half.bin"
random "$work/noise" 1048576 7
hex() { objcopy -I binary -O ihex --change-addresses "$1" "$2" "$3"; }
hex 0x08008000 "$work/p.bin" "$work/p.hex"
hex 0x1fff7800 "$work/p.bin" "$work/otp.hex"
hex 0x08200000 "$work/p.bin" "$work/outside.hex"

# each layout: by default at the beginning of the flash
for chip in f1 f4 h7; do
	sim_usb $chip dfuse --chip=$chip --flash="$work/$chip.flash" --log --silent
	ok "$chip: listed" told_of 'ROM +stm32 +rom +- +FM0001 +usb'
	ok "$chip: flashed" fm 0 flash "$work/p.bin" -y
	ok "$chip: PASS" said out "^RESULT PASS stm32@usb:.* OK"
	ok "$chip: it left its boot loader" grep -q ^left "$work/$chip.log"
	sim_stop $chip
	ok "$chip: the unit holds it" holds $chip "$work/p.bin"
done
ok "f1: pages of 2 KiB were erased" test "$(log_of f1 erases)" = 3
ok "f4: one sector of 16 KiB was erased" test "$(log_of f4 erases)" = 1
ok "no whole chip was erased" test "$(log_of f1 mass_erases)$(log_of f4 mass_erases)$(log_of h7 mass_erases)" = 000

# where a file belongs
cp "$work/noise" "$work/at.flash"
sim_usb at dfuse --chip=f4 --flash="$work/at.flash" --log
ok "a file outside the layout is blocked" fm 8 flash "$work/outside.hex" -y
ok "by the memory" eval 'said err "^BLOCKED +memory" && result NONE E401'
ok "a file into what can only be read" fm 8 flash "$work/otp.hex" -y
ok "is blocked by its address" eval 'said err "^BLOCKED +memory" && result NONE E401 || result NONE E402'
ok "a chip that this is not" fm 8 flash "$work/p.bin" -y -m stm32f103c8
ok "is blocked by its sectors" said err '^E211 .*the unit is no STM32F10xxx'
ok "NONE" result "NONE E211"
sim_stop at
ok "nothing was erased or written" eval '[ "$(log_of at erases)$(log_of at mass_erases)" = 00 ] && cmp "$work/noise" "$work/at.flash"'

sim_usb at dfuse --chip=f4 --flash="$work/at.flash" --log
ok "a file with addresses, for the chip that it is" fm 0 flash "$work/p.hex" -y -m stm32f405
ok "PASS" result "PASS stm32f40x@usb:$at_path OK"
sim_stop at
ok "is at its address" holds at "$work/p.bin" 32768
ok "what lies before is untouched" cmp -n 32768 "$work/noise" "$work/at.flash"
ok "what lies behind its sector, too" cmp -n 65536 "$work/noise" "$work/at.flash" 49152 49152

# what dfu-util sees; what is blank is not sent
cp "$work/noise" "$work/at.flash"
sim_usb at dfuse --chip=f4 --flash="$work/at.flash" --log --silent
ok "a file of which half is blank" fm 0 flash "$work/half.bin" -y
sim_stop at
ok "is there, blanks and all" holds at "$work/half.bin"
ok "the blank half was not sent" test "$(log_of at downloaded)" -lt 9000
sim_usb at dfuse --chip=f4 --flash="$work/at.flash"
ok "dfu-util reads it back" eval '
	util -a 0 -s 0x08000000:16384 -U "$work/back" && cmp "$work/half.bin" "$work/back"'
ok "dfu-util writes" util -a 0 -s 0x08004000 -D "$work/p.bin"
ok "verify proves what it wrote" eval 'hex 0x08004000 "$work/p.bin" "$work/q.hex" && fm 0 verify "$work/q.hex"'
ok "verify tells of another file" eval 'fm 11 verify "$work/p.hex" && said err "^E412 .*flash 0x08008000"'
sim_stop at

# erase
head -c 262144 "$work/noise" >"$work/at.flash"
sim_usb at dfuse --chip=f1 --flash="$work/at.flash" --log --mass-lie
ok "erase, of a unit that lies about its time" fm 0 erase -y
ok "PASS" result "PASS stm32@usb:$at_path OK"
sim_stop at
ok "by one command" test "$(log_of at mass_erases)" = 1
ok "all of it is blank" eval '! tr -d "\377" <"$work/at.flash" | grep -q .'

# protection
sim_usb at dfuse --chip=f4 --locked --log
ok "a read-protected unit" fm 8 flash "$work/p.bin" -y
ok "is told and left as it is" eval 'said err "^E212 the unit is read protected" && result "NONE E212"'
ok "erase does not unprotect it either" fm 8 erase -y
sim_stop at
ok "it was neither erased nor unprotected" eval '[ "$(log_of at erases)$(log_of at mass_erases)" = 00 ]'
sim_usb at dfuse --chip=f4 --protect-from=0 --protect-to=1
ok "a write-protected sector: its success is not believed" fm 11 flash "$work/p.bin" -y
ok "the place is named" said err '^E412 .*flash 0x08000000 reads 0xff'
ok "and what it may be" said err '^  next: .*write protected'
ok "FAIL" result "FAIL stm32@usb:$at_path E412"
sim_stop at

# lies
sim_usb at dfuse --chip=f4 --busy-stall --address-poll=8000 --flash="$work/lies.flash"
began_ms=$(($(date +%s%N) / 1000000))
ok "STALL while busy, eight seconds for an address" fm 0 flash "$work/p.bin" -y
took_ms=$(($(date +%s%N) / 1000000 - began_ms))
ok "are not waited for ($took_ms ms)" test $took_ms -lt 7000
sim_stop at
ok "written" cmp -n 6000 "$work/p.bin" "$work/lies.flash"
sim_usb gd dfuse --chip=f1 --vid=0x28e9 --pid=0x0189 --serial=3CB12345 --vanish=end --flash="$work/gd.flash"
ok "a GD32 that leaves without an answer" fm 0 flash "$work/p.bin" -y
ok "PASS" result "PASS gd32vf103@usb:$gd_path OK"
sim_stop gd
ok "written" holds gd "$work/p.bin"

# a board whose application is known, too: it is seen again after the restart
define pump.xml <<'XML'
<board id="pump" vendor="ACME" name="Pump">
  <usb vid="0x1209" pid="0x0003" mode="application" version="release"/>
  <usb vid="0x0483" pid="0xDF11" mode="rom"/>
  <loader name="USB DFU" protocol="dfuse" chip="stm32f40x">
    <usb mode="rom"/>
  </loader>
</board>
XML
printf '\x07\x02' | dd of="$work/p.bin" bs=1 seek=64 conv=notrunc status=none
sim_usb pump dfuse --chip=f4 --version-at=64 --app-pid=3
ok "in its boot loader it could be several models" told_of 'ROM +several +rom'
ok "which are named" eval 'fm 5 flash "$work/p.bin" -y && said err "^E201 .*stm32" && said err "pump"'
ok "the one that is named is flashed" fm 0 flash "$work/p.bin" -y -m pump
ok "it is seen again" said err '^version +2[.]07, said by the unit itself'
ok "list knows it" told_of 'READY +pump +app +2[.]07'
sim_stop pump
done_testing
