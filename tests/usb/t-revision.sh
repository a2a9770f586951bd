#!/bin/bash
# One model, two revisions of its board, a package for each: what the unit itself says decides, through a whole job.
. "${FM_SRC:?}/tests/usb/uf2.sh"

# board REVISIONS: patterns of the revisions that packages named so are for
board() {
	local revision
	{
		echo '<board id="two-boards" vendor="Acme" name="Box with two boards">'
		echo '<usb vid="0x1209" pid="0x5E71" mode="bootloader"/>'
		for revision; do
			echo "<package instance-id=\"ACME\\BOX_${revision//\*-/}\" revision=\"$revision\"/>"
		done
		cat <<-END
			<loader name="UF2 drive" protocol="uf2">
			<volume mode="bootloader"/>
			<uf2-family id="0x$samd21"/>
			<enter><ask text="Press reset twice"/><reappear mode="bootloader" within-ms="60000"/></enter>
			<region name="bootloader" space="flash" base="0" size="8K" access="protected"/>
			<region name="application" space="flash" base="8K" size="248K" erase="256" write="256" access="write"/>
			</loader>
			</board>
		END
	} | define two.xml
}
# package NAME: a folder, for the instance id ACME\BOX_NAME; the GUIDs are those that
# `uuidgen --sha1 --namespace @dns --name` makes
declare -A guids=([v1]=749d780d-c545-5d64-9565-7727c662ebda [v2]=583ea2bb-effb-576d-b892-7e3acf89ff92)
package() {
	mkdir "$work/$1" && uf2 "$work/fw.bin" "$work/$1/fw.uf2" 2000 $samd21
	cat >"$work/$1/box.metainfo.xml" <<-END
		<component type="firmware">
		  <id>com.example.box.$1</id>
		  <name>Box</name>
		  <provides><firmware type="flashed">${guids[$1]}</firmware></provides>
		  <releases><release version="1.1.0">
		    <checksum filename="fw.uf2" target="content">$(sha256sum "$work/$1/fw.uf2" | cut -d' ' -f1)</checksum>
		  </release></releases>
		</component>
	END
}
random "$work/fw.bin" 5000
package v1
package v2
board '*-v1' '*-v2'
ok "the definition is good" fm 0 catalog lint "$XDG_DATA_HOME/flashmend/devices/two.xml"

drive new --vid=0x1209 --pid=0x5E71 --board=Box-SAMD21-v2
ok "the unit tells its revision" eval 'fm 0 info && said out "revision +Box-SAMD21-v2"'
ok "the package of the other revision" fm 8 flash -y "$work/v1"
ok "... is said" said err "E400.*rule 'revision': the file: is for hardware revision \*-v1; the unit: is revision Box-SAMD21-v2"
ok "... result" result NONE E400
ok "... nothing was written" untouched new
fresh
drive new --vid=0x1209 --pid=0x5E71 --board=Box-SAMD21-v2
ok "its own" fm 0 check "$work/v2"
ok "... FITS" said out '^FITS +revision +file +is for hardware revision \*-v2$'
ok "flash" fm 0 flash -y "$work/v2"
ok "... result" result PASS "two-boards@usb:$new_path" OK
ok "the flash is right" holds new "$work/fw.bin" 8192
ok "the record keeps the revision's rule" bash -c "flashmend history show \"\$(flashmend history list --json | head -n 1 | jq .id)\" --json | jq -e '.result == \"PASS\"'"
fresh

drive silent --vid=0x1209 --pid=0x5E71 --board= --model=
ok "a unit that tells no revision" fm 8 flash -y "$work/v2"
ok "... is BLOCKED too" said err "E400.*rule 'revision'.*the unit: does not tell its revision"
ok "... nothing was written" untouched silent
done_testing
