#!/bin/bash
# A package for a USB unit: named by its USB ids in either mode, and what it requires of them.
. "${FM_SRC:?}/tests/usb/flash.sh"

# the instance ids of the gateway's application, without and with release 1.00, of its boot loader, of another unit; as
# `uuidgen --sha1 --namespace @dns --name` makes them
model=f831ee56-5480-59f0-9115-4a73312c287f
released=40cb7bff-982e-5867-b9cb-af3adcb51d0e
loader=3a895b68-4854-5ec8-9977-cc9141c948f7
other=2fa8891f-3ece-53a4-adc4-0dd875685f30

# package NAME VERSION IMAGE GUID [REQUIRES]: a folder
package() {
	mkdir -p "$work/$1" && cp "$work/$3" "$work/$1/firmware.bin"
	cat >"$work/$1/gateway.metainfo.xml" <<-END
		<component type="firmware">
		  <id>com.example.gateway</id>
		  <name>Gateway</name>
		  <provides><firmware type="flashed">$4</firmware></provides>
		  <releases><release version="$2"/></releases>
		  <requires>${5-}</requires>
		  <custom><value key="LVFS::VersionFormat">pair</value></custom>
		</component>
	END
}

firmware "$work/1.bin" 0100
firmware "$work/2.bin" 0110
vendor='<firmware compare="regex" version="USB:0x1209">vendor-id</firmware>'
package for-model 1.10 2.bin $model "$vendor"
package for-release 1.10 2.bin $released
package for-other 1.10 2.bin $other
package for-vendor 1.10 2.bin $model "${vendor/1209/273F}"
package old 1.00 1.bin $model
package for-loader 1.10 2.bin $loader

unit=(dfu --version-at=16 --block-us=0 --absent-ms=100 --log --size=65536)
cp "$work/1.bin" "$work/gw.flash"
sim_usb gw "${unit[@]}" --runtime --flash="$work/gw.flash"
ok "a package for another unit" fm 8 flash -y "$work/for-other"
ok "... is said" said err "E400.*rule 'package'.*is USB.VID_1209&PID_0001&REV_0100, which it does not name"
ok "... it is in its application again" told_of 'READY +gateway +app +1[.]00'
ok "a package of another vendor" fm 8 flash -y "$work/for-vendor"
ok "... is said" said err "E406.*rule 'vendor'"
for name in for-model for-release for-loader; do
	ok "check: $name" fm 0 check "$work/$name"
	ok "... fits" said out '^FITS +package '
	ok "... a newer one" said out '^FITS +direction +file  is version 1[.]10'
done
ok "flashed" fm 0 flash -y "$work/for-model"
ok "PASS" result "PASS gateway@usb:$gw_path OK"
ok "the version that the package says" said err '^version +1[.]10, said by the unit itself \(before: 1[.]00\)$'
ok "the other release's GUID names it no more" fm 8 flash -y "$work/for-release"
ok "a downgrade" fm 8 flash -y "$work/old"
ok "... is said" said err "E405.*rule 'direction'.*runs 1[.]10: a downgrade"
ok "listed with the new version" told_of 'READY +gateway +app +1[.]10'
sim_stop gw
done_testing
