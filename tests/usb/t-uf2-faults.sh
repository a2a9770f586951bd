#!/bin/bash
# Boards with a UF2 boot loader whose drive does not do what it should.
. "${FM_SRC:?}/tests/usb/uf2.sh"

# --- what a drive does not say ---
drive foreign
ok "a foreign family: copied, and nothing happens" fm 10 flash -y "$work/nrf.uf2"
ok "says so" eval 'said err "did not restart" && said err "boot loader is still there"'
ok "the record" last '.result == "FAIL"'
ok "nothing was written" untouched foreign
ok "it was copied once" grep -q '^log sectors=79 blocks=0 repeated=0 foreign=79 restarts=0' "$work/foreign.log"
fresh
drive none $zero --no-info
ok "no INFO_UF2.TXT: no boot volume" eval 'fm 4 flash -y "$work/fw.bin" && said err "no UF2 boot volume"'
ok "nothing was written" untouched none
drive empty $zero --no-text
ok "an empty one neither" eval 'fm 4 flash -y "$work/fw.bin" && said err "no UF2 boot volume"'
ok "nothing was written" untouched empty
fresh

# --- accidents ---
drive pulled $zero --unplug=40
ok "pulled out in the middle" fm 13 flash -y "$work/fw.bin"
ok "the record" last '.result == "UNCLEAR"'
again pulled
ok "the next run brings it back" fm 0 flash -y "$work/fw.bin"
ok "the flash is right" holds pulled "$work/fw.bin" 8192
fresh
drive pulled $zero --unplug=77
mount -o rw "$pulled_disk" "$work/mnt"
ok "pulled out before the last block, mounted" fm 13 flash -y "$work/fw.bin"
umount -l "$work/mnt"
again pulled
ok "the next run brings it back" fm 0 flash -y "$work/fw.bin"
ok "the flash is right" holds pulled "$work/fw.bin" 8192
fresh
drive bad $zero --write-error=50
ok "a block that is never taken" fm 10 flash -y "$work/fw.bin"
ok "says so" said err 'the drive refuses it'
sim_stop bad
fresh

# --- what an earlier run has left, without the cable being pulled ---
random "$work/other.bin" 20000 7
head -c 10240 "$work/other.bin" >"$work/other-half.bin"
uf2 "$work/other.bin" "$work/other.uf2" 10000000 $rp2040
drive left --manners=rp2040
dd if="$work/other.uf2" of="$left_disk" bs=512 count=40 seek=1000 oflag=direct status=none
ok "half of another file of this length: the RP2040 forgets it" fm 0 flash -y "$work/pico.uf2"
ok "the flash is right" holds left "$work/fw.bin" 0
fresh
uf2 "$work/other-half.bin" "$work/other.uf2" 2000 $samd21
drive left $zero
dd if="$work/other.uf2" of="$left_disk" bs=512 count=20 seek=100 oflag=direct status=none
ok "a shorter one: a board waits for the cable" fm 10 flash -y "$work/fw.bin"
ok "which is said" said err 'plug the unit in anew'
again left
ok "then it is written" fm 0 flash -y "$work/fw.bin"
ok "the flash is right" holds left "$work/fw.bin" 8192
done_testing
