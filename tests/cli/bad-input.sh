#!/bin/bash
# Bad input to a whole job: each is refused with its code and its reason, before a byte goes to the unit.
# Elsewhere: unknown requirements (lvfs.sh), rights of keys (trust.sh), a clock that is set back (tests/usb/t-clock.sh).
. "${FM_SRC:?}/tests/lib.sh"
needs zip jq

cd "$work" || exit 1
vectors firmware.bin 4096
vectors other.bin 4096 2
unit="-m stm32f103x8 -d port:$work/unit --base 0x08000000"
sim unit --pid 0x410 --flash "$work/flash.bin" --fast

# package NAME FORMAT SUM FILE...: of release 1.2.3, whose payload is firmware.bin
package() {
	cat >x.metainfo.xml <<-END
		<component type="firmware">
		  <id>org.example.box</id>
		  <name>Box</name>
		  <provides><firmware type="flashed">2fa8891f-3ece-53a4-adc4-0dd875685f30</firmware></provides>
		  <releases><release version="1.2.3"><checksum filename="firmware.bin" target="content">$3</checksum></release></releases>
		  <custom><value key="LVFS::VersionFormat">$2</value></custom>
		</component>
	END
	rm -f "$1" && zip -q "$1" x.metainfo.xml "${@:4}"
}
sum=$(sha256sum firmware.bin | cut -d' ' -f1)
wrong=$(sha256sum other.bin | cut -d' ' -f1)
# refused WHAT EXIT CODE TEXT FILE: by check and flash
refused() {
	ok "$1" fm "$2" flash -y $unit "$5"
	ok "... $3, with the reason" said err "^E$3 .*$4"
	ok "... what to do" said err '^  next: .'
	ok "... as a result" result NONE "E$3"
	ok "... check says the same" fm "$2" check $unit "$5"
	ok "... and JSON" bash -c "flashmend check --json $unit '$5' 2>/dev/null | tail -n 1 | jq -e '.code == $3 and .exit == $2'"
}

package none.zip triplet "$sum"
refused "metainfo without its payload" 7 312 "its payload 'firmware.bin' is not in the package" none.zip
package wrong.zip triplet "$wrong" firmware.bin
refused "a payload that matches no checksum" 7 312 "'firmware.bin' is not what the metainfo announces" wrong.zip
package roman.zip roman "$sum" firmware.bin
refused "an unknown version format" 7 313 "the version format 'roman' is not known" roman.zip
package quad.zip quad "$sum" firmware.bin
refused "a version that is none of its format" 7 313 "'1.2.3' is no version of the format quad" quad.zip
printf 'PK\3\4 and no more' >cut.zip
refused "half an archive" 7 301 "cut.zip" cut.zip
ok "a release that it has not" fm 7 flash -y --release=9 $unit wrong.zip
mkdir empty
refused "a folder without metainfo" 7 311 "no metainfo.xml" empty
refused "nothing at all" 7 300 "No such file" gone.zip

# the disk is full, or can't be written
package good.zip triplet "$sum" firmware.bin
if [ "$(id -u)" = 0 ] && mkdir small && mount -t tmpfs -o size=64k none small 2>/dev/null; then
	cp good.zip small/ && dd if=/dev/zero of=small/fill bs=1k 2>/dev/null
	ok "a package on a full disk" fm 0 check $unit small/good.zip
	ok "a library on a full disk" fm 0 package list small
	ok "... is shown" said out '^good.zip +1\.2\.3'
	XDG_STATE_HOME=$work/small/state ok "records on a full disk" fm 17 flash -y $unit good.zip
	ok "... are said" said err '^E500 '
	ok "... result" result NONE E500
	mount -o remount,ro none small
	ok "a library that can't be written" fm 0 package list small
	ok "... is shown" said out '^good.zip +1\.2\.3'
	XDG_STATE_HOME=$work/small/state ok "records where nothing can be written" fm 17 flash -y $unit good.zip
	ok "... result" result NONE E500
	umount small
fi
stop unit
ok "the unit is as it was" bash -c "[ \$(tr -d '\\377' <'$work/flash.bin' | wc -c) -eq 0 ]"
sim unit --pid 0x410 --flash "$work/flash.bin" --fast
ok "the good one" fm 0 flash -y $unit good.zip
ok "... is written" result PASS "stm32f10x-md@$work/unit" OK
done_testing
