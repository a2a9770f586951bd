#!/bin/bash
# Signatures of the real minisign, and checksum files of the real sha256sum, from the command line on a simulated STM32.
. "${FM_SRC:?}/tests/lib.sh"
needs minisign

keys=$XDG_CONFIG_HOME/flashmend/keys
umask 022
mkdir -p "$keys/acme-corp" "$keys/other" "$work/fw"
policy() { # policy HOW: of the board acme-box
	define acme.xml <<-END
		<board id="acme-box" vendor="Acme Corp" name="Box">
		  <loader name="ROM" protocol="stm32-uart" chip="stm32f10x-md">
		    <serial baud="115200" framing="8E1"/>
		  </loader>
		  <policy signature="$1"/>
		</board>
	END
}
sign() { # sign KEY FILE OPTION...
	minisign -S -s "$work/$1.key" -m "$2" "${@:3}" >/dev/null
}
for key in release other stranger; do
	minisign -G -W -p "$work/$key.pub" -s "$work/$key.key" >/dev/null || exit 1
done
cp "$work/release.pub" "$keys/acme-corp/"
cp "$work/other.pub" "$keys/other/"

unit="-m acme-box -d port:$work/unit"
fw=$work/fw/box.bin
vectors "$fw" 4096
sim unit --pid 0x410 --flash "$work/flash.bin" --fast
untouched() { # the unit's flash is blank
	stop unit
	[ "$(tr -d '\377' <"$work/flash.bin" | wc -c)" -eq 0 ]
}

# required
policy required
ok "the definition is good" fm 0 catalog lint "$XDG_DATA_HOME/flashmend/devices/acme.xml"
ok "catalog show says so" fm 0 catalog show acme-box
ok "..." said out '^signature +required'
ok "... also in JSON" bash -c "flashmend catalog show --json acme-box | jq -e '.signature == \"required\"'"
ok "no signature where one is required" fm 8 flash -y $unit "$fw"
ok "... BLOCKED by its rule" said err "E408.*rule 'signature': the file: no signature"
ok "... result" result NONE E408
ok "... may not be allowed" fm 2 flash -y --allow=signature $unit "$fw"
ok "... nor loosened" fm 8 flash -y --signature=ignore $unit "$fw"
sign stranger "$fw"
ok "an unknown key" fm 8 flash -y $unit "$fw"
id=$(sed -n 's/.* //;1p' "$work/stranger.pub")
ok "... is named as minisign does" said err "E408.*signed by key $id; the unit: a trusted signature is required"
sign other "$fw"
ok "another vendor's key" fm 8 flash -y $unit "$fw"
ok "... is no better" said err 'E408.*that key counts for other only, this unit is Acme Corp'
sign release "$fw" -t 'box 1.0, for the boards of 2026'
cp "$fw.minisig" "$work/good.minisig"
ok "a trusted key" fm 0 check $unit "$fw"
ok "... FITS" said out '^FITS +signature +file +signed by acme-corp/release$'
ok "... with what it says" said out 'it says: box 1.0,'

# changed
for line in 2 3 4; do
	perl -pe 's/(.{30})(.)/$1 . ($2 eq "A" ? "B" : "A")/e if $. == '$line <"$work/good.minisig" >"$fw.minisig"
	ok "line $line of the signature changed" fm 8 flash -y --signature=ignore $unit "$fw"
	ok "... BLOCKED" said err "E408.*a bad signature"
done
echo damaged >"$fw.minisig"
ok "a signature file that is none" fm 8 flash -y $unit "$fw"
cp "$work/good.minisig" "$fw.minisig"
cp "$fw" "$work/kept.bin"
printf x | dd of="$fw" bs=1 seek=100 conv=notrunc status=none
policy ignore
ok "the firmware changed, and no signature is asked for" fm 8 flash -y $unit "$fw"
ok "... BLOCKED all the same" said err 'E408.*the signature is not of these bytes'
cp "$work/kept.bin" "$fw"
ok "until here the unit was not written" untouched
sim unit --pid 0x410 --flash "$work/flash.bin" --fast

# rights
policy required
chmod 666 "$keys/acme-corp/release.pub"
ok "a key that everybody can write" fm 8 flash -y $unit "$fw"
ok "... is left out, and that is said" said err 'key left out: .*/acme-corp/release.pub: can be written by others \(mode 0666\): chmod go-w'
chmod 644 "$keys/acme-corp/release.pub"
chmod 777 "$keys/acme-corp"
ok "a folder that everybody can write" fm 8 flash -y $unit "$fw"
ok "... likewise" said err 'key left out: .*/acme-corp: can be written by others'
chmod 755 "$keys/acme-corp"

# doctor on the keys
doctor() { # what is wrong with keys, and the fix
	fm 0 doctor && grep -A1 '^\[WARN\] key ' "$work/out" >"$work/keys"
}
fixes() { grep -Eq -- "$1" "$work/keys" || { cat "$work/out"; return 1; }; }
ok "good keys" fm 0 doctor
ok "... are counted" said out '^\[ ok \] keys +2 trusted, in /etc/flashmend/keys and '
ok "... 'other' is nobody's vendor" said out "^\\[WARN\\] key +other/other counts for the vendor 'other', of whom no definition is"
cp "$keys/acme-corp/release.pub" "$keys/again.pub"
cp "$work/release.key" "$keys/release.key"
echo nothing >"$keys/acme-corp/none.pub"
chmod 666 "$keys/other/other.pub"
ok "a copy, a secret key, none, and one that everybody can write" doctor
ok "... the copy" fixes 'again is the same key as acme-corp/release'
ok "... its fix" fixes 'fix: take one of the two away'
ok "... the secret key" fixes 'release.key is not read: its name does not end in .pub'
ok "... its fix" fixes 'fix: .*a secret key does not belong there'
ok "... none" fixes 'none.pub: is no public key of minisign'
ok "... its fix" fixes "fix: put the .pub file there that 'minisign -G' made"
ok "... the rights" fixes 'other.pub: can be written by others \(mode 0666\)'
ok "... the command for it" fixes "fix: .*chmod go-w '.*/other/other.pub'"
ok "... as JSON" bash -c "flashmend doctor --json | jq -es '[.[] | select(.check == \"key\") | select(.state == \"warn\" and .fix != \"\")] | length == 4'"
rm "$keys/again.pub" "$keys/release.key" "$keys/acme-corp/none.pub"
chmod 644 "$keys/other/other.pub"
if [ "$(id -u)" != 0 ]; then
	chmod 000 "$keys/other/other.pub"
	ok "one that can't be read" doctor
	ok "... its fix" fixes 'fix: make it readable for yourself: chmod u\+r'
	chmod 644 "$keys/other/other.pub"
fi

# written and recorded
ok "flash" fm 0 flash -y $unit "$fw"
ok "... result" result PASS "acme-box@$work/unit" OK
ok "the record says who signed" bash -c 'flashmend history show "$(flashmend history list --json | head -n 1 | jq .id)" | grep "preflight.*signed by acme-corp/release"'
sign release "$fw" -l
ok "the old form of signatures" fm 0 verify $unit "$fw"

# warn
policy warn
rm "$fw.minisig"
ok "no signature where one is expected" fm 0 check $unit "$fw"
ok "... WARN" said out '^WARN +signature +file +no signature$'
ok "... which --yes accepts" fm 0 flash -y $unit "$fw"
ok "... and the record keeps" bash -c "flashmend history list --json | head -n 1 | jq -e '.allowed | split(\",\") | index(\"signature\")'"

# the configuration and the command line ask for more
policy ignore
ok "no policy: nothing is said of it" fm 0 check $unit "$fw"
ok "..." bash -c "! grep -q signature '$work/out'"
ok "--signature" fm 8 check --signature=required $unit "$fw"
ok "--signature takes three words" fm 2 check --signature=always $unit "$fw"
echo '{ "signature": "required" }' >"$XDG_CONFIG_HOME/flashmend/config.json"
ok "the configuration" fm 8 check $unit "$fw"
ok "... is not loosened by the command line" fm 8 check --signature=warn $unit "$fw"
echo '{ "signature": "perhaps" }' >"$XDG_CONFIG_HOME/flashmend/config.json"
ok "a word that is none" fm 2 check $unit "$fw"
rm "$XDG_CONFIG_HOME/flashmend/config.json"

# checksums
(cd "$work/fw" && sha256sum -b box.bin >SHA256SUMS)
ok "SHA256SUMS" fm 0 check $unit "$fw"
ok "... FITS" said out '^FITS +integrity +file +SHA256SUMS beside it$'
sha512sum --tag /dev/null >"$fw.sha512"
ok "a checksum of another file" fm 8 flash -y --signature=ignore $unit "$fw"
ok "... BLOCKED" said err "E409.*box.bin.sha512 beside it; the unit: sha512 is [0-9a-f]+\.\.\., not cf83e1357eefb8bd"
echo 'not found' >"$fw.sha512"
ok "a checksum file that is none" fm 0 check $unit "$fw"
ok "... WARN" said out '^WARN +integrity +file +box.bin.sha512 beside it$'
rm "$fw.sha512"
rm "$work/fw/SHA256SUMS"
(cd "$work/fw" && md5sum box.bin >box.bin.md5)
ok "an MD5 sum" fm 0 check $unit "$fw"
ok "... is told" said out '^FITS +integrity +file +box.bin.md5 beside it$'
ok "... and what it is worth" said out 'md5 [0-9a-f]{4}\.\.[0-9a-f]{2} is right, but too weak to prove'
sha1sum --tag /dev/null >"$fw.sha1"
ok "a wrong SHA-1 sum" fm 8 flash -y --signature=ignore $unit "$fw"
ok "... BLOCKED" said err "E409.*box.bin.sha1 beside it; the unit: sha1 is"
rm "$fw.md5" "$fw.sha1"
odd=$work/fw/'odd\name
here.bin'
cp "$fw" "$odd"
(cd "$work/fw" && sha256sum -- *.bin >SHA256SUMS)
ok "a name with a line end" fm 0 check $unit "$odd"
ok "... FITS" said out '^FITS +integrity'
printf x | dd of="$odd" bs=1 seek=100 conv=notrunc status=none
ok "... changed: BLOCKED" fm 8 check $unit "$odd"

# a folder as a package: its metainfo is what is signed, and that gives the SHA-256 of the payload
policy required
folder=$work/box
metainfo() { # metainfo SUM
	mkdir -p "$folder" && cp "$fw" "$folder/" && cat >"$folder/box.metainfo.xml" <<-END
		<component type="firmware">
		  <id>org.example.box</id>
		  <name>Box</name>
		  <provides><firmware type="flashed">2fa8891f-3ece-53a4-adc4-0dd875685f30</firmware></provides>
		  <releases><release version="1.0.0"><checksum filename="box.bin" target="content">$1</checksum></release></releases>
		</component>
	END
}
rm "$work/fw/SHA256SUMS"
metainfo "$(sha256sum "$fw" | cut -d' ' -f1)"
ok "a folder without a signature" fm 8 check --base 0x08000000 $unit "$folder"
ok "... BLOCKED, and where it would be" said err "E408.*no signature: in this folder it would be box.metainfo.xml.minisig"
sign release "$folder/box.metainfo.xml"
ok "its metainfo is signed" fm 0 check --base 0x08000000 $unit "$folder"
ok "... FITS" said out '^FITS +signature +file +signed by acme-corp/release$'
ok "... the payload by its checksum" said out '^FITS +integrity +file +checksum in the package$'
sed -i 's/Box/box/' "$folder/box.metainfo.xml"
ok "the metainfo is changed" fm 8 check --base 0x08000000 $unit "$folder"
ok "... BLOCKED" said err 'E408.*a bad signature'
metainfo "$(sha256sum "$fw" | cut -d' ' -f1)"
printf x | dd of="$folder/box.bin" bs=1 seek=100 conv=notrunc status=none
ok "the payload is changed" fm 7 flash -y --base 0x08000000 $unit "$folder"
ok "... refused" said err "E312.*'box.bin' is not what the metainfo announces"
metainfo ""
sign release "$folder/box.metainfo.xml"
ok "signed metainfo without a checksum" fm 8 check --base 0x08000000 $unit "$folder"
ok "... signs no payload" said err 'E408.*only the metainfo is signed, and it gives no SHA-256 of the payload'
policy ignore
ok "no signature is asked for" fm 0 check --base 0x08000000 $unit "$folder"
ok "... that nobody knows whether it is whole is a WARN" said out '^WARN +integrity +file +the package says no checksum of its firmware$'
ok "... which --yes accepts" fm 0 flash -y --base 0x08000000 $unit "$folder"
ok "... and the record keeps" bash -c "flashmend history list --json | head -n 1 | jq -e '.allowed | split(\",\") | index(\"integrity\")'"
done_testing
