#!/bin/bash
# Release notes before a write: shown to the person, wrapped, and never able to steer the terminal.
. "${FM_SRC:?}/tests/lib.sh"
. "${FM_SRC:?}/tests/cli/terminal.sh"
needs zip jq

cd "$work" || exit 1
vectors firmware.bin 2048
unit="-m stm32f103x8 -d port:$work/unit"
sim unit --pid 0x410 --flash "$work/flash.bin" --fast

# package NAME DESCRIPTION [MESSAGE]
package() {
	local message=
	[ -z "${3-}" ] || message="<value key=\"LVFS::UpdateMessage\">$3</value>"
	rm -rf make && mkdir make && cp firmware.bin make && cat >make/x.metainfo.xml <<-END
		<?xml version="1.0" encoding="UTF-8"?>
		<component type="firmware">
		  <id>org.example.pump</id>
		  <name>The pump</name>
		  <provides><firmware type="flashed">2fa8891f-3ece-53a4-adc4-0dd875685f30</firmware></provides>
		  <releases>
		    <release version="2.0.0" date="2026-01-31" urgency="critical">
		      <checksum filename="firmware.bin" target="content">$(sha256sum firmware.bin | cut -d' ' -f1)</checksum>
		      ${2:+<description>$2</description>}
		    </release>
		  </releases>
		  <custom>$message<value key="LVFS::VersionFormat">triplet</value></custom>
		</component>
	END
	rm -f "$1" && (cd make && zip -q "../$1" x.metainfo.xml firmware.bin)
}

long="The pump no longer starts by itself when the mains come back, which it did when the tank was full and nobody was there to see it."
esc=$'\xc2\x9b' # U+009B: the control sequence introducer in one character; XML lets it through
package pump.zip "<p>$long</p><ul><li>Größe der Dichtung: $long</li><li>${esc}31mred &#x202e;&#x85;</li></ul>" "Unplug the ${esc}2Jhose first."

ok "check shows them" fm 0 check $unit --base 0x08000000 pump.zip
ok "... the release, with date and urgency" said err '^release 2\.0\.0 of 2026-01-31, urgency critical: The pump$'
ok "... what is asked of the person first" said err '^  IMPORTANT: Unplug the \.\.2Jhose first\.$'
ok "... in lines of 79 columns at most" bash -c "! grep -E '^.{80}' '$work/err'"
ok "... the second line of an item stands below its text" said err '^    back, which it did'
ok "... what is not ASCII as '?'" said err '^  - Gr\?\?e der Dichtung:'
ok "... nothing steers the terminal" bash -c "! LC_ALL=C grep -P '[^\\n -~]' '$work/err'"
ok "... not among the data" bash -c "! grep -q IMPORTANT '$work/out'"
ok "in UTF-8 they are as they were written" env LC_ALL=C.UTF-8 bash -c "flashmend check $unit --base 0x08000000 pump.zip 2>&1 >/dev/null </dev/null |
	grep -q '^  - Größe der Dichtung:'"
ok "... and steer nothing either" env LC_ALL=C.UTF-8 bash -c "flashmend check $unit --base 0x08000000 pump.zip 2>&1 >/dev/null </dev/null |
	LC_ALL=C.UTF-8 grep -qP '[\\x{80}-\\x{9f}\\x{202e}\\x1b]' && exit 1 || exit 0"
ok "--quiet does not" fm 0 check --quiet $unit --base 0x08000000 pump.zip
ok "... say them" bash -c "! grep -q IMPORTANT '$work/err'"
ok "JSON has them in one line" fm 0 check --json $unit --base 0x08000000 pump.zip
ok "... before the job begins" bash -c "jq -es '.[0] | .type == \"notes\" and .version == \"2.0.0\" and .urgency == \"critical\" and
	(.message | startswith(\"Unplug\")) and (.text | contains(\"- Gr\"))' '$work/out'"
ok "flash shows them" fm 0 flash -y $unit --base 0x08000000 pump.zip
ok "... before the first phase" bash -c "[ \$(grep -n IMPORTANT '$work/err' | cut -d: -f1) -lt \$(grep -n '^enter ' '$work/err' | cut -d: -f1) ]"
ok "... once" test "$(grep -c IMPORTANT "$work/err")" = 1
ok "a dry run too" fm 0 flash -n $unit --base 0x08000000 pump.zip
ok "... shows them" said err IMPORTANT
package silent.zip ""
ok "a package without notes" fm 0 check $unit --base 0x08000000 silent.zip
ok "... says that it has none" said err '^  The package says nothing about what this release changes\.$'
ok "a bare file" fm 0 check $unit --base 0x08000000 firmware.bin
ok "... is no release" bash -c "! grep -q '^release' '$work/err'"

open_terminal 40 60 "flashmend flash $unit --base 0x08000000 pump.zip; sleep 60"
ok "on a terminal of 40 columns it asks" see 'to start: *$'
ok "... below the notes" shows '^  IMPORTANT: Unplug the'
ok "... which are wrapped to it" shows '^  The pump no longer starts by itself$'
done_testing
