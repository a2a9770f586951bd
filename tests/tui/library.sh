#!/bin/bash
# The folder of packages is not there when the program starts: the screens say where it would lie, show the folder that the
# program was started in meanwhile, and find the packages as soon as they come.
. "${FM_SRC:?}/tests/lib.sh"
. "${FM_SRC:?}/tests/tui/lib.sh"
rmdir "$packages"
mkdir "$work/here"
vectors "$work/fw.bin" 1024

cd "$work/here" || exit 1
open_screen 100 24
press 4
ok "nothing here: where packages would lie" shows "is not there yet: .*flashmend/" 50
ok "and which folder is looked at" seen "No firmware file in .*/here"
cp "$work/fw.bin" "$work/here/first.bin"
ok "the first file appears by itself" shows '^>raw .* first\.bin' 50
ok "and still it is said where packages would lie" seen 'packages: not there yet: /'
mkdir "$packages"
cp "$work/fw.bin" "$packages/second.bin"
press r
ok "the folder of packages is found when it is there" shows '^>raw .* second\.bin' 50
ok "and it is said that it is another one" seen 'the folder of packages is there now; before: .*/here'
ok "with its own path" seen '1 file in .*/packages$'
press o C-u
press "$work/here" Enter
ok "another one may be chosen" shows '^>raw .* first\.bin' 50
press r 1 4
ok "and stays" shows '^>raw .* first\.bin' 50
press q
ok "left" shows '^EXIT=0' 30

rm -r "$packages"
open_screen 100 24
press 4
ok "missing again: the folder that it was started in" shows '^>raw .* first\.bin' 50
rm "$work/here/first.bin"
press r
ok "it is empty now" shows 'No firmware file in .*/here' 50
mkdir "$packages"
cp "$work/fw.bin" "$packages/third.bin"
ok "what is put there is found without a key" shows '^>raw .* 1\.0 KiB .* third\.bin' 50
cat "$work/fw.bin" >>"$packages/third.bin"
ok "and while it is being copied, it is read again" shows '^>raw .* 2\.0 KiB .* third\.bin' 50
press q
ok "left again" shows '^EXIT=0' 30
done_testing
