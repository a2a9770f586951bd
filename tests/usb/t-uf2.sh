#!/bin/bash
# Boards with a UF2 boot loader, raw and mounted: what is written, and what is not.
. "${FM_SRC:?}/tests/usb/uf2.sh"

# --- a unit that only its label names, raw ---
drive raw
ok "list" fm 0 list
ok "by its label" said out "^BOOT +generic-uf2 +boot .*UF0001 +usb $raw_path"
ok "and for who may open nothing" as_nobody 0 list
ok "by its label too" said out "generic-uf2 +boot .*UF0001 +usb $raw_path"
ok "info" fm 0 info
ok "what INFO_UF2.TXT says" eval 'said out "boot-loader +UF2 Bootloader v3.0" && said out "revision +SAMD21G18A-Sim-v0"'
ok "no chip, which nobody tells" eval '! grep "^chip" "$work/out"'
ok "nothing of a file without a family" fm 8 flash -y -m generic-uf2 --base=0x2000 "$work/fw.bin"
ok "flash a UF2 file" fm 0 flash -y "$work/fw.uf2"
ok "its result" result PASS "generic-uf2@usb:$raw_path" OK
ok "the record" last '.result == "PASS" and .verify == "restart" and .unit_state == "unverified" and .bytes_written == 20224'
ok "and what nobody knows" said err "untested +whether the unit has all of it and runs it"
ok "its application runs" became "$raw_path" 0004
ok "the flash is right" holds raw "$work/fw.bin" 8192
ok "no block more than that" grep -q '^log .*blocks=79 repeated=0 foreign=0 restarts=1' "$work/raw.log"
fresh

# --- a board by its ids, raw binary, FAT12, a restart that takes its time ---
drive board $zero --label=GROVEZERO --fat12 --restart-ms=700
ok "list by ids" eval 'fm 0 list && said out "^BOOT +seeed-grove-zero +boot"'
ok "a file for other chips is blocked" fm 8 flash -y "$work/nrf.uf2"
ok "and named" eval 'said err "NRF52840" && said err "SAMD21"'
ok "one over the boot loader too" fm 8 flash -y --base=0 "$work/fw.bin"
ok "flash a binary file" fm 0 flash -y -m seeed-grove-zero -d "usb:$board_path" "$work/fw.bin"
ok "the flash is right" holds board "$work/fw.bin" 8192
ok "nothing went to it before that" grep -q '^log sectors=79 blocks=79 ' "$work/board.log"
fresh

# --- mounted, as a desktop does ---
drive mounted $zero --current
mount -o rw,flush "$mounted_disk" "$work/mnt"
ok "info of a mounted drive" eval 'fm 0 info && said out "boot-loader +UF2 Bootloader v3.0"'
ok "flash by its file system" fm 0 flash -y "$work/fw.bin"
ok "verify is by the restart" last '.verify == "restart"'
umount -l "$work/mnt"
ok "the flash is right" holds mounted "$work/fw.bin" 8192
fresh

# --- nobody's unit ---
drive other $zero
ok "not mounted, and no rights" as_nobody 6 flash -y "$work/fw.bin"
ok "what to do" eval 'said err "E203" && said err "udisksctl mount -b $other_disk"'
mount -o rw,uid=65534,gid=65534 "$other_disk" "$work/mnt"
ok "mounted for this user" as_nobody 0 flash -y "$work/fw.bin"
umount -l "$work/mnt"
ok "the flash is right" holds other "$work/fw.bin" 8192
fresh
drive own $zero
mount -o ro "$own_disk" "$work/mnt"
ok "mounted, but read-only" fm 6 flash -y "$work/fw.bin"
ok "says where" said err "mounted at $work/mnt"
umount "$work/mnt"
ok "nothing was written" untouched own
drive shut $zero --read-only
ok "a write-protected drive" fm 6 flash -y "$work/fw.bin"
ok "says so" said err 'write protected'
ok "nothing was written" untouched shut
fresh

# --- the RP2040's ROM ---
drive pico --manners=rp2040
ok "list" eval 'fm 0 list && said out "^ROM +rpi-pico +rom"'
ok "flash by the drive where there is no PICOBOOT" fm 0 flash -y "$work/pico.uf2"
ok "which proves it" last '.verify == "restart" and .unit_state == "verified"'
ok "its application was waited for" eval 'became "$pico_path" 000a && said err "confirm +done"'
ok "the flash is right" holds pico "$work/fw.bin" 0
fresh
# pieces that begin and end within a sector: the ROM erases by block number
random "$work/a.bin" 5000 2
random "$work/b.bin" 3000 3
objcopy -I binary -O ihex --change-addresses 0x10000700 "$work/a.bin" "$work/a.hex"
objcopy -I binary -O ihex --change-addresses 0x10003a00 "$work/b.bin" "$work/b.hex"
{ grep -v '^:00000001FF' "$work/a.hex"; cat "$work/b.hex"; } >"$work/pieces.hex"
drive pico --manners=rp2040
mount -o rw "${pico_disk}1" "$work/mnt" 2>/dev/null || mount -o rw "${pico_disk%[0-9]}1" "$work/mnt"
ok "pieces of an Intel HEX file, by the mounted partition" fm 0 flash -y -m rpi-pico "$work/pieces.hex"
umount -l "$work/mnt"
ok "both are whole" eval 'holds pico "$work/a.bin" 1792 && cmp -i 14848:0 -n 3000 "$work/pico.flash" "$work/b.bin"'
fresh

# --- two ---
sim_usb two uf2 --count=2 $zero
wait_for on_disk "${two_path[1]}"
ok "two of them" fm 5 flash -y "$work/fw.bin"
ok "one of them" fm 0 flash -y -d "usb:${two_path[1]}" "$work/fw.bin"
ok "the other is as it was" on_disk "${two_path[0]}"
sim_stop two

# --- from an application, and which version then runs ---
only_own
define sensor.xml <<'XML'
<board id="sensor" vendor="ACME" name="Sensor">
  <usb vid="0x1209" pid="0x0005" mode="application"/>
  <usb vid="0x1209" pid="0x0004" mode="application" version="release"/>
  <usb vid="0x1209" pid="0x0003" mode="bootloader"/>
  <loader name="UF2 drive" protocol="uf2">
    <volume mode="bootloader"/>
    <uf2-family id="0x68ED2B88"/>
    <enter><touch baud="1200"/><reappear mode="bootloader" within-ms="8000"/></enter>
    <region name="application" space="flash" base="8K" size="248K" erase="256" write="256" access="write"/>
  </loader>
</board>
XML
# two memories that each end in the middle of a block: the total counts both of these blocks
define odd.xml <<-XML
	<board id="odd-ends" vendor="Acme" name="Odd ends">
	<usb vid="0x1209" pid="0x0DD0" mode="bootloader"/>
	<loader name="UF2 drive" protocol="uf2">
	<volume mode="bootloader"/>
	<uf2-family id="0x68ED2B88"/>
	<enter><ask text="Press reset twice"/><reappear mode="bootloader" within-ms="60000"/></enter>
	<region name="application" space="flash" base="8K" size="4196" write="4" access="write"/>
	<region name="tables" space="flash" base="16K" size="1124" write="4" access="write"/>
	</loader></board>
XML
random "$work/odd.a" 4196 7
random "$work/odd.b" 1124 8
objcopy -I binary -O ihex --change-addresses 0x2000 "$work/odd.a" "$work/odd.1"
objcopy -I binary -O ihex --change-addresses 0x4000 "$work/odd.b" "$work/odd.2"
grep -v '^:00000001FF\|^:0[0-9A-F]*0[35]' "$work/odd.1" >"$work/odd.hex"
cat "$work/odd.2" >>"$work/odd.hex"
drive odd --vid=0x1209 --pid=0x0DD0
ok "two memories that end in the middle of a block" fm 0 flash -y -m odd-ends -d "usb:$odd_path" "$work/odd.hex"
ok "the first is right" holds odd "$work/odd.a" 8192
ok "the second too" cmp -i 16384:0 -n 1124 "$work/odd.flash" "$work/odd.b"
ok "all 17 and 5 blocks were taken" grep -q '^log .*blocks=22 repeated=0 foreign=0 restarts=1' "$work/odd.log"
fresh
echo 1 >/sys/module/usb_storage/parameters/delay_use # as it is by itself
sim_usb app touch --kind=32u4 --vid=0x1209 --pid=0x0005 into uf2
wait_for test -c /dev/ttyACM0
udevadm settle
ok "from its application by a touch" fm 0 flash -y "$work/fw.uf2"
ok "and back" became "$app_path" 0005
sim_stop app
echo 0 >/sys/module/usb_storage/parameters/delay_use
drive told --app-release=0x0203
ok "the version after the restart" fm 0 flash -y --expect-version=2.03 "$work/fw.uf2"
ok "the record has it" last '.version_after == "2.03"'
sim_stop told
fresh
drive told --app-release=0x0203
ok "another version than expected" fm 12 flash -y --expect-version=2.04 "$work/fw.uf2"
sim_stop told
done_testing
