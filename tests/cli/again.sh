#!/bin/bash
# A job that broke off is told with the command that brings its unit back: typed as it is told, it writes the same again.
. "${FM_SRC:?}/tests/lib.sh"
command -v zip >/dev/null || skip_all "zip is not installed"
command -v jq >/dev/null || skip_all "jq is not installed"

mkdir -p "$XDG_DATA_HOME/flashmend/devices"
cp "$src/tests/unit/job/devices/sim.xml" "$XDG_DATA_HOME/flashmend/devices/"
cd "$work" || exit 1
vectors fw.bin 6144
printf 'fm-sim-version=2.0.0\0' | dd of=fw.bin bs=1 seek=1024 conv=notrunc status=none
vectors older.bin 6144 2
random settings.bin 2048 3

# broken COMMAND...: a job that is killed as it writes
broken() {
	local job
	: >"$work/err"
	flashmend "$@" --progress=lines >"$work/out" 2>"$work/err" </dev/null &
	job=$!
	wait_for grep -q '^write' "$work/err"
	kill -9 "$job"
	wait "$job" 2>/dev/null
	grep -q '^write' "$work/err" && ! grep -q RESULT "$work/out"
}
told() { # the command that the next start tells
	flashmend list 2>&1 >/dev/null </dev/null | sed -n 's/^ *to bring it back: //p'
}
again() { # it is typed into a shell elsewhere
	(cd / && eval "$(told) -y" >"$work/out" 2>"$work/err" </dev/null) && result PASS "$1" OK
}
newest() { flashmend history list --json --limit 1 2>/dev/null; }

start unit flashmend-sim stm32 --link "$work/it's a unit" --pid 0x410
unit=(-m stm32f103x8 -d "port:$work/it's a unit")
chip="stm32f10x-md@$work/it's a unit"

mkdir "it's \$HOME"
cp fw.bin "it's \$HOME/a \"file\".bin"
ok "a name for a shell to stumble over" broken flash -y "${unit[@]}" "it's \$HOME/a \"file\".bin"
ok "... what is told can be typed" again "$chip"
ok "... the unit has it" fm 0 verify "${unit[@]}" fw.bin

ok "a port that is named from here" fm 0 flash -y -m stm32f103x8 -d "port:./it's a unit" fw.bin
ok "... is recorded for everywhere" jq -e --arg port "$work/it's a unit" '.port == $port' <<<"$(newest)"

ok "a backup into a file that is named from here" fm 0 backup -m stm32f103x8 -d "port:$work/it's a unit" -o back.hex
ok "... is recorded for everywhere" jq -e --arg file "$work/back.hex" '.file == $file' <<<"$(newest)"

long=$(printf 'd%.0s' {1..120})
mkdir -p "$long/$long" && cp fw.bin "$long/$long/the-name.bin"
ok "a path that is too long for a record" fm 0 flash -y -m stm32f103x8 -d "port:$work/it's a unit" "$long/$long/the-name.bin"
ok "... keeps its name" jq -e '.file | test("^[.][.][.].*/the-name[.]bin$")' <<<"$(newest)"

ok "an address" broken flash -y "${unit[@]}" --base=0x08004000 fw.bin
ok "... is told" bash -c "flashmend list 2>&1 | grep -q -- ' --base=0x08004000 '"
ok "... with the unit, which may be elsewhere by now" bash -c "flashmend list 2>&1 | grep -q '^ATTENTION: stm32f10x-md unit [0-9a-f]* on '"
ok "... and written to" again "$chip"
ok "... there" fm 0 verify "${unit[@]}" --base=0x08004000 fw.bin
id=$(jq '.id - 1' <<<"$(newest)")
ok "... and recorded" bash -c "flashmend history export --format=json | jq -e 'map(select(.id == $id).options) == [\"--base=0x08004000\"]'"
ok "... shown" bash -c "flashmend history show $id | grep -q '^options  *--base=0x08004000\$'"

# of a package an older release
sum() { sha256sum "$1" | cut -d' ' -f1; }
cat >x.metainfo.xml <<-END
	<component type="firmware">
	  <id>org.example.box</id>
	  <name>Box</name>
	  <provides><firmware type="flashed">2fa8891f-3ece-53a4-adc4-0dd875685f30</firmware></provides>
	  <releases>
	    <release version="2.0.0"><checksum filename="fw.bin" target="content">$(sum fw.bin)</checksum></release>
	    <release version="1.0.0"><checksum filename="older.bin" target="content">$(sum older.bin)</checksum></release>
	  </releases>
	  <custom><value key="LVFS::VersionFormat">triplet</value></custom>
	</component>
END
zip -q two.zip x.metainfo.xml fw.bin older.bin
ok "an older release" broken flash -y "${unit[@]}" --release 1.0.0 two.zip
ok "... is written again" again "$chip"
ok "... not the newest" fm 0 verify "${unit[@]}" older.bin

# a file that went away, or whose name nobody can type from the record
cp fw.bin $'b\xe4r.bin'
ok "a name that is not UTF-8" broken flash -y "${unit[@]}" $'b\xe4r.bin'
ok "... is not told as if it could be typed" grep -q "a unit' FILE\$" <(told)
ok "... but which file it was" bash -c "flashmend list 2>&1 | grep -q 'FILE was $work/b.r.bin, which is not there now (its firmware: sha256 $(sum fw.bin | cut -c 1-16)'"
ok "the same command leads to PASS" fm 0 flash -y "${unit[@]}" $'b\xe4r.bin'

# settings alone, from a job that has stored firmware, too
rm "$XDG_CONFIG_HOME/flashmend/config.json"
cp fw.bin flash.bin
head -c 59392 /dev/zero | tr '\0' '\377' >>flash.bin
dd if=settings.bin of=flash.bin bs=1 seek=14336 conv=notrunc status=none
start board flashmend-sim stm32 --no-reset-line --link "$work/board" --pid 0x410 --flash "$work/flash.bin" --unique=7
unit=(-m sim-board-settings -d "port:$work/board")
ok "stored" fm 0 backup "${unit[@]}"
hash=$(sum settings.bin | cut -c 1-16)
dd if=older.bin of=changed.bin bs=1 count=2048 status=none
ok "other settings" fm 0 flash -y --allow=config "${unit[@]}" --base=0x08003800 changed.bin
ok "settings" broken restore -y "${unit[@]}" "$hash"
ok "... are told as such" bash -c "flashmend list 2>&1 | grep -q ' $hash$'"
ok "... and put back" again "sim-board-settings@$work/board"
ok "... alone" jq -e ".file_sha256 == \"$(sum settings.bin)\"" <<<"$(newest)"
ok "no record is wrong" fm 0 history verify
done_testing
