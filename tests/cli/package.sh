#!/bin/bash
# Packages from the command line: what is shown of them, the library, and what is refused.
. "${FM_SRC:?}/tests/lib.sh"
needs gcab zip jq

guid=2fa8891f-3ece-53a4-adc4-0dd875685f30
cd "$work" || exit 1
vectors firmware.bin 4096
vectors old.bin 4096 2

# metainfo NAME VERSION FILE SUM [MORE]: of one release
metainfo() {
	cat >"$1.metainfo.xml" <<-END
		<?xml version="1.0" encoding="UTF-8"?>
		<component type="firmware">
		  <id>org.example.$1</id>
		  <name>The $1</name>
		  <summary>Firmware of the $1</summary>
		  <developer_name>Example Ltd</developer_name>
		  <provides><firmware type="flashed">$guid</firmware></provides>
		  <releases>
		    <release version="$2" date="2026-01-31" urgency="high">
		      <checksum filename="$3" target="content">$4</checksum>
		      <description><p>Mends the seal.</p><ul><li>and the tap</li></ul></description>
		    </release>
		  </releases>
		  <custom><value key="LVFS::VersionFormat">triplet</value></custom>
		  ${5-}
		</component>
	END
}
sum() { sha256sum "$1" | cut -d' ' -f1; }
files() { find . ! -name before ! -name after ! -name ok.out | sort; }
json() { jq -e "$1" "$work/out" >/dev/null || { cat "$work/out"; return 1; }; }

requires='<requires><firmware compare="ge" version="1.1.0"/><moon>full</moon></requires>'
metainfo pump 2.0.0 firmware.bin "$(sum firmware.bin)" "$requires"
gcab -c -z pump.cab pump.metainfo.xml firmware.bin >/dev/null
zip -q pump.zip pump.metainfo.xml firmware.bin
for format in "" .gz .xz .zst; do
	tar -caf "pump.tar$format" pump.metainfo.xml firmware.bin
done
mkdir folder && cp pump.metainfo.xml firmware.bin folder

for package in pump.cab pump.zip pump.tar pump.tar.gz pump.tar.xz pump.tar.zst folder; do
	ok "inspect $package" fm 0 package inspect $package
	ok "... the release" said out '^release +2\.0\.0 \(triplet\)$'
	ok "... the payload, proved" said out '^payload +firmware.bin, 4096 bytes, proved by its checksum$'
	ok "... as JSON" fm 0 package inspect --json $package
	ok "... the same" json '.type == "package" and .components[0].releases[0].payload.image.segments[0].size == 4096'
done
ok "inspect" fm 0 package inspect pump.cab
ok "... whom it is for" said out "^for GUID +$guid$"
ok "... the notes, in lines" said out '^ +- and the tap$'
ok "... a requirement" said out '^requires +firmware ge 1\.1\.0$'
ok "... one that nobody knows, named" said out '^requires +moon full  \(not known: BLOCKED\)$'
ok "... as JSON" fm 0 package inspect --json pump.cab
ok "... the requirements" json '[.components[0].requires[].kind] == ["running", "unknown"]'
ok "... the hash of the file" json ".sha256 == \"$(sum pump.cab)\""

# bare images
objcopy -I binary -O ihex --change-addresses 0x08000000 firmware.bin firmware.hex
"$build/tests/unit/image/segments" --save dfuse firmware.dfu firmware.hex
ok "inspect an Intel HEX file" fm 0 package inspect firmware.hex
ok "... its segment" said out '^segment +flash +0x08000000-0x08000fff +4096 bytes$'
ok "inspect a DfuSe file" fm 0 package inspect --json firmware.dfu
ok "... whom its suffix names" json '.kind == "image" and .image.format == "dfuse" and (.image | has("usb"))'
"$build/tests/unit/image/segments" --save uf2 plain.uf2 firmware.hex
perl -0777 -pe 's/(UF2\nWQ\x5d\x9e)....(.{16})..../$1\x00\x20\x00\x00$2\x56\xff\x8b\xe4/gs' plain.uf2 >firmware.uf2
ok "inspect a UF2 file" fm 0 package inspect firmware.uf2
ok "... the chips that it is for" said out '^for chips +RP2040$'
ok "... as JSON" fm 0 package inspect --json firmware.uf2
ok "... the same" json '.image.uf2_families == [3834380118]'
"$build/tests/unit/image/segments" --save dfu small.dfu firmware.bin
ok "inspect a DFU file" fm 0 package inspect small.dfu
ok "... its suffix" said out '^for +USB any vendor, any product  \(DFU suffix\)$'
gzip -k firmware.hex
ok "inspect a gzipped file" fm 0 package inspect firmware.hex.gz
ok "... says so" said out '^format +ihex, gzipped$'
ok "inspect a text" fm 7 package inspect pump.metainfo.xml
ok "inspect nothing" fm 2 package inspect
ok "inspect what is not there" fm 7 package inspect none.cab

# the library
ok "no library" fm 0 package list
ok "... says where it would be" said err "packages into $work/data/flashmend/packages"
library=$XDG_DATA_HOME/flashmend/packages
mkdir -p "$library"
ok "an empty library" fm 0 package list
ok "... says so" said err 'is empty'
metainfo pump 2.0.0 firmware.bin "$(sum old.bin)"
gcab -c "$library/wrong.cab" pump.metainfo.xml firmware.bin >/dev/null
metainfo valve 0.9.1 firmware.bin ""
gcab -c "$library/valve.cab" valve.metainfo.xml firmware.bin >/dev/null
cp pump.cab firmware.hex pump.metainfo.xml "$library"
mkdir "$library/notes" && echo text >"$library/README"
ok "the library" fm 0 package list
ok "... newest releases" said out '^pump.cab +2\.0\.0 +2026-01-31 Example Ltd The pump$'
ok "... of each" said out '^valve.cab +0\.9\.1 '
ok "... a bare file" said out '^firmware.hex .*does not say what it is for'
ok "... what is wrong with one" said out '^wrong.cab +E312 '
ok "... and nothing else" test "$(wc -l <"$work/out")" = 4
ok "as JSON" fm 0 package list --json
ok "... each a line" test "$(jq -r .file <"$work/out" | sort | tr '\n' ' ')" = "firmware.hex pump.cab valve.cab wrong.cab "
ok "another folder" fm 0 package list "$work"
ok "... a package that is a folder" said out '^folder +2\.0\.0 '
ok "a folder that is not there" fm 7 package list "$work/none"
ok "... is named" said err "E300.*$work/none"
chmod 555 "$library"
if [ "$(id -u)" = 0 ] && mount -t tmpfs -o size=64k none "$work/folder" 2>/dev/null; then
	cp "$library/valve.cab" folder/ && dd if=/dev/zero of=folder/fill bs=1k 2>/dev/null
	ok "a folder on a full disk" fm 0 package list folder
	ok "... is shown" said out '^valve.cab'
	mount -o remount,ro none "$work/folder"
	ok "a folder on a disk that can't be written" fm 0 package list folder
	ok "... is shown" said out '^valve.cab'
	umount "$work/folder"
fi
ok "a library that can't be written" fm 0 package list
chmod 755 "$library"

# refused
ok "a payload that is another one" fm 7 package inspect "$library/wrong.cab"
ok "... is said" said err "E312.*release 2.0.0: 'firmware.bin' is not what the metainfo announces"
gcab -c none.cab pump.metainfo.xml firmware.hex >/dev/null
ok "a payload that is missing" fm 7 package inspect none.cab
ok "... is said" said err "E312.*'firmware.bin' is not in the package"
gcab -c bare.cab firmware.bin >/dev/null
ok "no metainfo" fm 7 package inspect bare.cab
ok "... is said" said err 'E311.*no metainfo.xml'
sed 's/triplet/roman/' pump.metainfo.xml >roman.metainfo.xml
zip -q roman.zip roman.metainfo.xml firmware.bin
ok "an unknown version format" fm 7 package inspect roman.zip
ok "... is said" said err "E313.*roman.metainfo.xml:[0-9]+: the version format 'roman' is not known"
tar -Pcf up.tar ../"${work##*/}"/firmware.bin
ok "a name that leads out" fm 7 package inspect up.tar
ok "... is said" said err 'E310.*leads out of the package'
ln -s /etc/passwd link && tar -cf link.tar link
ok "a link" fm 7 package inspect link.tar
zip -q nested.zip pump.cab
ok "an archive in an archive" fm 7 package inspect nested.zip
ok "... with what to do" said err 'E310.*archive in the archive'
# flashed: the payload, through the ordinary formats
unit="-m stm32f103x8 -d port:$work/unit"
sim unit --pid 0x410 --flash "$work/flash.bin" --fast
metainfo pump 2.0.0 firmware.hex "$(sum firmware.hex)"
gcab -c -z good.cab pump.metainfo.xml firmware.hex >/dev/null
ok "check a package" fm 0 check $unit good.cab
ok "... a unit that tells only its chip" said out '^WARN +package +file  The pump, for 2fa8891f'
ok "... its version" said out '^WARN +direction +file  is version 2.0.0'
ok "flash a package" fm 0 flash -y $unit good.cab
ok "... it is verified" result PASS "stm32f10x-md@$work/unit" OK
ok "verify with the package" fm 0 verify $unit good.cab
ok "flash with its release named" fm 0 flash -y $unit --release 2.0 good.cab
ok "a release that is not there" fm 7 flash -y $unit --release 3.0.0 good.cab
ok "... names those that are" said err 'E314.*no release 3.0.0 .*but 2.0.0'
ok "... nothing was started" result NONE E314
ok "a release of a bare file" fm 2 flash -y $unit --release 3.0.0 firmware.hex
ok "what the package requires" fm 8 flash -y $unit pump.cab
ok "... is said" said err "E406.*rule 'path': the file: firmware ge 1.1.0; the unit: running version not known"
ok "... all of it" fm 8 check $unit pump.cab
ok "... also what nobody knows" said out '^BLOCKED +requires +file  moon full'
ok "... may not be allowed with the path" fm 8 flash -y --allow=path $unit pump.cab
ok "... which is a warning then" said err "E406.*rule 'requires': the file: moon full"
metainfo step 2.0.0 firmware.hex "$(sum firmware.hex)" '<requires><firmware compare="ge" version="1.1.0"/></requires>'
gcab -c step.cab step.metainfo.xml firmware.hex >/dev/null
ok "a path from a version that is not known" fm 8 flash -y $unit step.cab
ok "... with what would write it" said err 'allow=path writes it'
ok "... allowed" fm 0 flash -y --allow=path $unit step.cab
ok "... is recorded" bash -c 'flashmend history list --json --limit 1 | jq -e ".allowed | test(\"path\")"'
sed "s/valve/tap/; s/$guid/84f40464-9272-4ef7-9399-cd95f12da696/; s/firmware.bin/firmware.hex/" valve.metainfo.xml >tap.metainfo.xml
gcab -c two.cab tap.metainfo.xml valve.metainfo.xml firmware.bin firmware.hex >/dev/null
ok "firmware for several models" fm 7 check -d "port:$work/unit" two.cab
ok "... names them" said err 'E314.*org.example.tap, org.example.valve'
ok "... of which none is the one that is named" fm 8 check $unit two.cab
ok "... is said" said err 'E400.*names no stm32f103x8: it is for org.example.tap, org.example.valve'
define tap.xml <<END
<board id="tap" vendor="Example" name="Tap">
  <package guid="84f40464-9272-4ef7-9399-cd95f12da696"/>
  <loader name="ROM" protocol="stm32-uart" chip="stm32f10x-md"><serial baud="115200" framing="8E1"/></loader>
</board>
END
ok "catalog show" fm 0 catalog show tap
ok "... by what packages name it" said out '^packages +for 84f40464-9272-4ef7-9399-cd95f12da696$'
ok "... as JSON" fm 0 catalog show --json tap
ok "... the same" json '.packages == ["84f40464-9272-4ef7-9399-cd95f12da696"]'
cp two.cab "$library/"
ok "packages for a model" fm 0 package list -m tap
ok "... are those that name it" test "$(cut -d' ' -f1 <"$work/out" | sort -u)" = two.cab
rm "$library/two.cab"
ok "... and one that is" fm 0 check -m tap -d "port:$work/unit" two.cab
ok "... has its own" said out '^FITS +file +file  ihex'
ok "... named by its GUID" said out '^FITS +package +file  The tap'
sed "s/valve/spare/" tap.metainfo.xml | sed 's/example.tap/example.spare/; s/0\.9\.1/0.9.2/' >spare.metainfo.xml
gcab -c both.cab tap.metainfo.xml spare.metainfo.xml firmware.hex >/dev/null
ok "two firmwares for one unit" fm 7 check -m tap -d "port:$work/unit" both.cab
ok "... are named" said err 'E314.*two firmwares for one unit, org.example.(tap|spare) and org.example.(tap|spare)'
sed 's/id="tap"/id="tap-v1"/; s/"\/>$/" revision="*-v1"\/>/; s/<\/board>/<policy downgrade="allowed"\/>&/' "$XDG_DATA_HOME/flashmend/devices/tap.xml" >"$XDG_DATA_HOME/flashmend/devices/tap-v1.xml"
ok "a model with a package for one revision" fm 0 catalog show tap-v1
ok "... which is shown" said out '^packages +for 84f40464-9272-4ef7-9399-cd95f12da696, revision \*-v1$'
ok "... with its policy" said out '^downgrade +allowed$'
ok "... but the unit tells none" fm 8 check -m tap-v1 -d "port:$work/unit" two.cab
ok "... and is blocked by that" said err "E400.*rule 'revision': the file: is for hardware revision \*-v1; the unit: does not tell its revision"
stop unit
ok "the unit holds the payload" cmp -n 4096 firmware.bin flash.bin

files >before
for package in pump.* folder up.tar link.tar; do
	flashmend package inspect $package >out 2>err
done
ok "as JSON" fm 7 package inspect --json nested.zip
ok "... as an object" json '.type == "error" and .code == 310 and .exit == 7'
files >after
ok "nothing was unpacked" cmp before after
done_testing
