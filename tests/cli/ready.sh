#!/bin/bash
# This computer before a write, as users meet it: what check and JSON tell, and a file that changes after it was read.
. "${FM_SRC:?}/tests/lib.sh"

export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$work/no-bus
fw=$work/fw.bin
vectors "$fw" 4096
vectors "$work/other.bin" 4096 2
unit="-m stm32f103x8 -d port:$work/unit"
sim unit --pid 0x410 --flash "$work/flash.bin" --fast

blank() { # nothing was written
	stop unit
	[ "$(tr -d '\377' <"$work/flash.bin" | wc -c)" -eq 0 ]
}
later() { # a change while the job waits for its window
	(sleep 1 && "$@") &
	changer=$!
}

ok "check" fm 0 check $unit "$fw"
ok "... tells of the power" said out '^(ok|warn|fail) +power +host  '
ok "... of the room" said out '^ok +disk +host  [0-9]+ MiB free'
ok "... of the records" said out '^ok +records +host  can be written'
ok "... of the file" said out "^ok +file +host  as it was read, sha256 $(sha256sum "$fw" | cut -c1-12)"
ok "... and whether sleep can be kept off" said out '^(ok|warn) +sleep +host  '
ok "JSON has the rows" bash -c "flashmend check --json $unit '$fw' 2>/dev/null |
	jq -es 'map(select(.type == \"host\") | .name) == [\"power\", \"disk\", \"records\", \"file\", \"sleep\"] and
		all(.[] | select(.type == \"host\"); .phase == \"preflight\" and (.text | length > 0) and (.state | IN(\"ok\", \"warn\", \"fail\")))'"

later cp "$work/other.bin" "$fw"
ok "the file is changed while the job waits" fm 7 flash -y --not-before=+3s --wait=30 $unit "$fw"
wait $changer
ok "... said" said err 'E306.*it was changed on the disk: sha256 '
ok "... result" result NONE E306
ok "... recorded" bash -c "flashmend history list --json --limit 1 | jq -e '.result == \"NONE\" and .code == 306'"

# a folder as a package: metainfo and payload count both
folder=$work/box
mkdir "$folder" && cp "$work/other.bin" "$folder/firmware.bin"
cat >"$folder/box.metainfo.xml" <<-END
	<component type="firmware">
	  <id>org.example.box</id>
	  <name>Box</name>
	  <releases><release version="1.0.0"/></releases>
	</component>
END
ok "a folder" fm 0 check $unit --base 0x08000000 "$folder"
ok "... has a row" said out "^ok +file +host  as it was read, sha256 $(cd "$folder" && sha256sum -- * | sha256sum | cut -c1-12)"
later dd if=/dev/zero of="$folder/firmware.bin" bs=1 seek=100 count=1 conv=notrunc status=none
ok "its payload is changed while the job waits" fm 7 flash -y --not-before=+3s --wait=30 $unit --base 0x08000000 "$folder"
wait $changer
ok "... said" said err 'E306.*it was changed on the disk: sha256 '
later sed -i 's/Box/box/' "$folder/box.metainfo.xml"
ok "its metainfo" fm 7 flash -y --not-before=+3s --wait=30 $unit --base 0x08000000 "$folder"
wait $changer
ok "... said, too" said err 'E306.*it was changed on the disk: sha256 '
later mv "$folder" "$folder.away"
ok "it goes away" fm 7 flash -y --not-before=+3s --wait=30 $unit --base 0x08000000 "$folder"
wait $changer
ok "... said" said err 'E306.*it is not there any more'

later rm "$fw"
ok "it goes away" fm 7 flash -y --not-before=+3s --wait=30 $unit "$fw"
wait $changer
ok "... said, too" said err 'E306.*it is not there any more'
ok "the unit is as it was" blank
sim unit --pid 0x410 --flash "$work/flash.bin" --fast
vectors "$fw" 4096
later touch "$fw"
ok "it is only touched" fm 0 flash -y -v --not-before=+3s --wait=30 $unit "$fw"
wait $changer
ok "... which -v tells" said err '^ok +file +host  written again with the same content'
ok "no logind: said, and the job goes on" said err '^warn +sleep +host  not kept off, keep this computer awake:'
stop unit
ok "written" cmp -n 4096 "$fw" "$work/flash.bin"
done_testing
