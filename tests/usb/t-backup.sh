#!/bin/bash
# Backup and the way back on USB: a unit that is read and written without addresses, and one with.
. "${FM_SRC:?}/tests/usb/flash.sh"
rm "$XDG_CONFIG_HOME/flashmend/config.json" # with a backup before each job, as delivered

firmware "$work/1.bin" 0100
firmware "$work/2.bin" 0110
unit=(dfu --version-at=16 --block-us=0 --absent-ms=100 --log --size=65536)
cp "$work/1.bin" "$work/gw.flash"
sim_usb gw "${unit[@]}" --runtime --flash="$work/gw.flash"
ok "DFU: an upgrade" fm 0 flash "$work/2.bin" -y --expect-version=1.10
ok "DFU: with a backup" said err '^backup +firmware$'
ok "DFU: rollback" fm 0 rollback -y
ok "DFU: a unit without an id is a warning" said err '^WARN +unit'
ok "DFU: the unit itself says the old version" said err '^version +1[.]00, said by the unit itself \(before: 1[.]10\)'
ok "DFU: rollback of the rollback" fm 0 rollback -y
ok "DFU: the new version" told_of 'READY +gateway +app +1[.]10'
sim_stop gw
ok "DFU: the unit holds it" holds gw "$work/2.bin"

sim_usb gw "${unit[@]}" --no-upload --flash="$work/gw.flash"
ok "DFU without upload: there is no backup" fm 0 flash "$work/1.bin" -y
ok "DFU without upload: which is said" said err '^backup +none: the unit cannot be read$'
ok "DFU without upload: a policy forbids that" fm 8 flash "$work/2.bin" -y --backup=required
ok "DFU without upload: and says so" said err '^E210 .*a backup is required'
sim_stop gw
ok "DFU without upload: nothing was sent then" holds gw "$work/1.bin"

vectors "$work/p.bin" 6000
vectors "$work/q.bin" 6000 2
random "$work/f1.flash" 131072 7
dd if="$work/p.bin" of="$work/f1.flash" conv=notrunc status=none
cp "$work/f1.flash" "$work/before"
sim_usb f1 dfuse --chip=f1 --flash="$work/f1.flash" --log --silent
ok "DfuSe: another firmware" fm 0 flash "$work/q.bin" -y
sim_stop f1
ok "DfuSe: the unit holds it" holds f1 "$work/q.bin"
sim_usb f1 dfuse --chip=f1 --flash="$work/f1.flash" --log --silent
ok "DfuSe: restore" fm 0 restore -y
sim_stop f1
ok "DfuSe: every byte is as it was" cmp -n 131072 "$work/before" "$work/f1.flash"
ok "the chain" fm 0 history verify
done_testing
