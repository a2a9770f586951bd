#!/bin/bash
# Packages from the screens: listed with what they say, those that do not fit with the reason, and one written.
. "${FM_SRC:?}/tests/lib.sh"
. "${FM_SRC:?}/tests/tui/lib.sh"
needs gcab

guid=84f40464-9272-4ef7-9399-cd95f12da696
define tap.xml <<END
<board id="tap" vendor="Example" name="Tap">
  <package guid="$guid"/>
  <loader name="ROM" protocol="stm32-uart" chip="stm32f10x-md"><serial baud="115200" framing="8E1"/></loader>
</board>
END

# metainfo FOLDER VERSION GUID [REQUIRES]: a package's folder
metainfo() {
	mkdir -p "$1" && cp "$work/fw.hex" "$1/firmware.hex"
	cat >"$1/tap.metainfo.xml" <<-END
		<component type="firmware">
		  <id>org.example.tap</id>
		  <name>Tap</name>
		  <provides><firmware type="flashed">$3</firmware></provides>
		  <releases>
		    <release version="$2" date="2026-01-31" urgency="high">
		      <description><p>Closes slowly.</p><p>No more water hammer.</p></description>
		      <checksum filename="firmware.hex" target="content">$(sha256sum "$work/fw.hex" | cut -d' ' -f1)</checksum>
		    </release>
		  </releases>
		  <requires>${4-}</requires>
		  <custom><value key="LVFS::VersionFormat">triplet</value></custom>
		</component>
	END
}
bytes=4096 one_unit --fast
flashmend ports add "$work/unit" tap
mv "$packages/app.hex" "$work/fw.hex"
metainfo "$work/good" 2.0.0 $guid
(cd "$work/good" && gcab -c -z "$packages/a-good.cab" tap.metainfo.xml firmware.hex >/dev/null)
metainfo "$packages/b-folder" 2.1.0 $guid
metainfo "$work/path" 3.0.0 $guid '<firmware compare="ge" version="1.1.0"/>'
(cd "$work/path" && gcab -c "$packages/c-path.cab" tap.metainfo.xml firmware.hex >/dev/null)
metainfo "$work/other" 2.0.0 2fa8891f-3ece-53a4-adc4-0dd875685f30
(cd "$work/other" && gcab -c "$packages/d-other.cab" tap.metainfo.xml firmware.hex >/dev/null)
head -c 300 "$packages/a-good.cab" >"$packages/e-torn.cab"
mkdir "$packages/f-no-package"

open_screen 80 36
shows '^.READY.*unit' >/dev/null
press 4
ok "the library: a cabinet" shows '^>cab +2\.0\.0 +2026-01-31 .* high +a-good\.cab' 20
ok "a folder" seen '^ folder +2\.1\.0 +2026-01-31 .* high +b-folder$'
ok "a torn one" seen '^ BROKEN .*e-torn\.cab'
ok "a folder that is none is not listed" lacks 'f-no-package'
press n
ok "release notes" shows '^> Closes slowly\.' 10
ok "all of them" seen 'No more water hammer\.'
ok "with version, date and urgency" seen 'a-good\.cab +version 2\.0\.0 +2026-01-31 +urgency high'
press Escape
ok "Esc goes back to the library" shows '\[4 Library\]' 10
press 1
shows '^>READY' 20 >/dev/null
press f
ok "the picker" shows '^>\? +2\.0\.0 +2026-01-31 .* cab +high +a-good\.cab' 20
press c
ok "checked: a warning, for nobody knows what runs" shows '^>WARN +2\.0\.0' 50
ok "in two columns" seen 'the file says +the unit says'
ok "the package's rules" seen '\[(ok|WARN)\] +package '
press Down Down c
ok "the way there is not known: blocked" shows '^>BLOCKED +3\.0\.0' 50
ok "with the reason in two columns" seen '\[STOP\] +path +firmware ge 1\.1\.0 +running version not known'
press Enter
ok "nor does the preflight let it through" shows 'CANNOT START' 30
press F
ok "F does nothing" shows 'CANNOT START: a check fails' 10
press Escape
shows '1 Firmware\]' 20 >/dev/null
press Down c
ok "for another model: blocked" shows '^>BLOCKED +2\.0\.0' 50
ok "it stays listed with the reason" seen '\[STOP\] +package '
press Home c
shows '^>WARN +2\.0\.0' 50 >/dev/null
press Enter
ok "the checks before writing" shows 'READY, with warnings' 50
confirm F
ok "written: PASS" shows '\*\*\* PASS \*\*\*' 200
ok "recorded with the package" bash -c "flashmend history list --json | head -n 1 | jq -e '.file | endswith(\"a-good.cab\")'"
press 1
shows '1 Devices\]' 20 >/dev/null
press f
shows '1 Firmware\]' 20 >/dev/null
press Down
shows '^>. +2\.1\.0' 10 >/dev/null
press Enter
ok "a folder is checked" shows 'READY, with warnings' 50
confirm F
ok "and written: PASS" shows '\*\*\* PASS \*\*\*' 200
stop unit
ok "the unit has the package's bytes" cmp -n 4096 "$work/fw.bin" "$work/flash.bin"

# what lies beside it counts here as on the command line
sim unit --pid 0x410 --flash "$work/flash.bin" --fast
printf '%064d  a-good.cab\n' 0 >"$packages/SHA256SUMS"
press 1
shows '^.READY.*unit' 40 >/dev/null
press f
shows '1 Firmware\]' 20 >/dev/null
press Home c
ok "a checksum beside it that is another's: blocked" shows '^>BLOCKED +2\.0\.0' 50
ok "by the integrity rule" seen '\[STOP\] +integrity'
done_testing
