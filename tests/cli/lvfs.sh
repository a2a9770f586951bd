#!/bin/bash
# Packages with all that those of the LVFS may have in them: they load as they are, and what they require is kept.
. "${FM_SRC:?}/tests/lib.sh"
needs gcab jq gzip
cd "$work" || exit 1
vectors firmware.bin 4096
vectors second.bin 2048 2
sum() { sha256sum "$1" | cut -d' ' -f1; }
sha1() { sha1sum "$1" | cut -d' ' -f1; }
json() { jq -e "$1" "$work/out" >/dev/null || { cat "$work/out"; return 1; }; }

# what a maker writes, and what the LVFS adds: translations, screenshots, issues, tags, checksums of the device, artifacts
cat >firmware.metainfo.xml <<-END
	<?xml version='1.0' encoding='utf-8'?>
	<!-- made for a test -->
	<component type="firmware" merge="append" date_eol="2030-01-01">
	  <id>org.example.valve.firmware</id>
	  <name>Valve</name>
	  <name xml:lang="de">Ventil</name>
	  <name_variant_suffix>Left</name_variant_suffix>
	  <summary>Opens and closes</summary>
	  <summary xml:lang="de">Geht auf und zu</summary>
	  <icon type="stock">network-modem</icon>
	  <branding><color type="primary" scheme_preference="light">#ff00ff</color></branding>
	  <description>
	    <p>Opens <code>and</code> closes.</p>
	    <p xml:lang="de">Geht auf und zu.</p>
	  </description>
	  <provides>
	    <firmware type="flashed">2fa8891f-3ece-53a4-adc4-0dd875685f30</firmware>
	    <firmware type="flashed">101EE86A-7BEA-59FB-9F89-6B6297CEED3B</firmware>
	    <firmware type="runtime">valve.fw</firmware>
	  </provides>
	  <url type="homepage">https://example.org/valve</url>
	  <url type="bugtracker">https://example.org/bugs</url>
	  <metadata_license>CC0-1.0</metadata_license>
	  <project_license>LicenseRef-proprietary</project_license>
	  <developer id="org.example"><name>Example Ltd</name></developer>
	  <categories><category>X-Controller</category><category>X-Device</category></categories>
	  <keywords><keyword>pipe</keyword></keywords>
	  <tags><tag namespace="lvfs">vendor-2026q1</tag></tags>
	  <screenshots>
	    <screenshot type="default"><caption>Hold both buttons</caption>
	      <image type="source" width="800" height="600">https://example.org/hold.png</image></screenshot>
	  </screenshots>
	  <releases>
	    <release version="1.4.0" date="2026-02-01" timestamp="1769904000" urgency="high" install_duration="120" id="12345" type="stable">
	      <location>https://example.org/downloads/valve-1.4.0.cab</location>
	      <url type="details">https://example.org/notes/1.4.0</url>
	      <url type="source">https://example.org/src</url>
	      <tag namespace="lvfs">vendor-2026q1</tag>
	      <tags><tag>vendor-2026q1</tag></tags>
	      <checksum type="sha1" filename="valve-1.4.0.cab" target="container">0123456789012345678901234567890123456789</checksum>
	      <checksum type="sha1" filename="firmware.bin" target="content">$(sha1 firmware.bin)</checksum>
	      <checksum type="sha256" filename="firmware.bin" target="content">$(sum firmware.bin)</checksum>
	      <checksum type="md5" filename="firmware.bin" target="content">deadbeefdeadbeefdeadbeefdeadbeef</checksum>
	      $(for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo "<checksum target=\"device\">PCR0 state $i</checksum>"; done)
	      <size type="installed">4096</size>
	      <size type="download">5123</size>
	      <issues>
	        <issue type="cve">CVE-2026-12345</issue>
	        <issue type="dell">DSA-2026-001</issue>
	        <issue type="generic" url="https://example.org/i/7">7</issue>
	      </issues>
	      <description>
	        <p>Closes in time.</p>
	        <p xml:lang="de">Geht rechtzeitig zu.</p>
	        <ol><li>first</li><li xml:lang="de">zuerst</li></ol>
	      </description>
	      <description xml:lang="fr"><p>Se ferme.</p></description>
	      <artifacts>
	        <artifact type="binary">
	          <location>https://example.org/downloads/valve-1.4.0.cab</location>
	          <filename>firmware.bin</filename>
	          <checksum type="sha256">$(sum firmware.bin)</checksum>
	          <checksum type="blake2b">0011</checksum>
	          <size type="installed">4096</size>
	          <testing><test_result date="2026-01-30"><vendor_name>Example</vendor_name></test_result></testing>
	        </artifact>
	        <artifact type="source"><location>https://example.org/src.tar.xz</location><checksum type="sha256">00</checksum></artifact>
	      </artifacts>
	    </release>
	    <release version="1.3.0" date="2025-02-01"/>
	  </releases>
	  <requires>
	    <id compare="ge" version="1.9.7">org.freedesktop.fwupd</id>
	    <firmware compare="regex" version="^(USB:0x1209|PCI:0x1234)\$">vendor-id</firmware>
	    <firmware compare="ge" version="1.3.0"/>
	    <firmware compare="ge" version="0.9" depth="0">bootloader</firmware>
	    <firmware compare="ge" version="2.0" depth="1">2fa8891f-3ece-53a4-adc4-0dd875685f30</firmware>
	    <firmware>not-child</firmware>
	    <hardware>2fa8891f-3ece-53a4-adc4-0dd875685f30|101ee86a-7bea-59fb-9f89-6b6297ceed3b</hardware>
	    <not_hardware>2fa8891f-3ece-53a4-adc4-0dd875685f30</not_hardware>
	    <client>detach-action</client>
	    <phase_of_moon compare="eq" version="3">full</phase_of_moon>
	  </requires>
	  <recommends><control>pointing</control></recommends>
	  <supports><internet>always</internet></supports>
	  <suggests><id>org.example.other</id></suggests>
	  <custom>
	    <value key="LVFS::VersionFormat">number</value>
	    <value key="LVFS::VersionFormat">triplet</value>
	    <value key="LVFS::UpdateProtocol">org.usb.dfu</value>
	    <value key="LVFS::DeviceIntegrity">signed</value>
	    <value key="LVFS::DeviceFlags">host-cpu,needs-shutdown</value>
	    <value key="LVFS::UpdateMessage">Hold both buttons.</value>
	    <value key="LVFS::UpdateImage">https://example.org/hold.png</value>
	    <value key="LVFS::InhibitDownload">true</value>
	    <value key="LVFS::Sbom">true</value>
	    <value key="org.example.own">1</value>
	  </custom>
	  <x-example:anything xmlns:x-example="https://example.org/ns"><deep/></x-example:anything>
	</component>
END
# a second component, as the LVFS has them for devices of several parts
cat >second.metainfo.xml <<-END
	<component type="firmware">
	  <id>org.example.valve.radio</id>
	  <name>Valve radio</name>
	  <provides><firmware type="flashed">40cb7bff-982e-5867-b9cb-af3adcb51d0e</firmware></provides>
	  <releases><release version="7" timestamp="1769904000"><checksum filename="second.bin" target="content"/></release></releases>
	  <custom><value key="LVFS::VersionFormat">number</value></custom>
	</component>
END
# what signs it: the LVFS's own form (gzipped JSON) and the ones before it
echo '{"JcatVersionMajor":0,"JcatVersionMinor":1,"Items":[{"Id":"firmware.bin","Blobs":[]}]}' | gzip -n >firmware.jcat
for name in firmware.bin firmware.metainfo.xml; do
	printf -- '-----BEGIN PGP SIGNATURE-----\n\niQEz\n-----END PGP SIGNATURE-----\n' >$name.asc
	printf -- '-----BEGIN PKCS7-----\nMIIB\n-----END PKCS7-----\n' >$name.p7b
done
printf 'release notes\n' >README.txt
gcab -c -z valve.cab firmware.metainfo.xml second.metainfo.xml firmware.bin second.bin firmware.jcat README.txt *.asc *.p7b >/dev/null
mkdir -p driver && cp firmware.metainfo.xml firmware.bin driver/
gcab -c driver.cab driver/firmware.metainfo.xml driver/firmware.bin >/dev/null

ok "it loads" fm 0 package inspect --json valve.cab
ok "... both components" json '[.components[].id] == ["org.example.valve.firmware", "org.example.valve.radio"]'
ok "... both payloads" json '[.components[].releases[0].payload.file] == ["firmware.bin", "second.bin"]'
ok "... by the checksum, and by the name" json '[.components[].releases[0].payload.proved_by] == ["sha256", "name"]'
ok "... texts without a language" json '.components[0].name == "Valve" and .components[0].releases[0].notes == "Closes in time.\n1. first"'
ok "... both GUIDs, as they are compared" json '.components[0].guids == ["2fa8891f-3ece-53a4-adc4-0dd875685f30", "101ee86a-7bea-59fb-9f89-6b6297ceed3b"]'
ok "... the format that fwupd takes" json '.components[0].releases[0].version == "1.4.0" and .components[0].version_format == "triplet"'
ok "... every requirement, by its kind" json '[.components[0].requires[].kind] ==
	["fwupd", "vendor", "running", "bootloader", "other-unit", "not-child", "computer", "not-computer", "client", "unknown"]'
ok "... for people" fm 0 package inspect valve.cab
ok "... the unknown one is named" said out '^requires +phase_of_moon full eq 3  \(not known: BLOCKED\)$'
ok "files in a folder of the cabinet" fm 0 package inspect driver.cab

# the unknown requirement, and nothing else, keeps the unit as it is
unit="-m stm32f103x8 -d port:$work/unit"
sim unit --pid 0x410 --flash "$work/flash.bin" --fast
only() { # REQUIREMENT: the same package with this one
	rm -rf only && mkdir only && perl -0pe "s|<requires>.*</requires>|<requires>\$ENV{one}</requires>|s" firmware.metainfo.xml >only/firmware.metainfo.xml
	cp firmware.bin only
}
check() { # EXIT REQUIREMENT
	one=$2 only
	fm "$1" flash -y --base 0x08000000 $unit only
}
ok "an unknown requirement" check 8 '<phase_of_moon compare="eq" version="3">full</phase_of_moon>'
ok "... BLOCKED, and named" said err "E406.*rule 'requires': the file: phase_of_moon full eq 3"
ok "one that is too long to be understood" check 8 "<hardware>$(perl -e 'print "6de5d951-d755-576b-bd09-c5cf66b27234|" x 40')6de5d951-d755-576b-bd09-c5cf66b27234</hardware>"
ok "... BLOCKED, and named" said err "E406.*rule 'requires': the file: hardware 6de5d951"
ok "the LVFS's empty one" check 8 '<firmware compare="any"/>'
ok "... BLOCKED, and named" said err "E406.*rule 'requires': the file: firmware any"
stop unit
ok "nothing was written" bash -c "[ \$(tr -d '\\377' <'$work/flash.bin' | wc -c) -eq 0 ]"
sim unit --pid 0x410 --flash "$work/flash.bin" --fast
ok "what is not about the unit" check 0 '<id compare="ge" version="1.9.7">org.freedesktop.fwupd</id>'
ok "... written" result PASS "stm32f10x-md@$work/unit" OK
done_testing
