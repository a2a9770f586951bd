#!/bin/bash
# Blank blocks of a DfuSe unit: erased where they hold anything, left alone where they are blank and stay so; and the
# backup of a unit that nothing has asked before.
. "${FM_SRC:?}/tests/usb/lib.sh"

half=131072 # the STM32F4's first five sectors, and the sixth
blank() { head -c "$1" /dev/zero | tr '\0' '\377'; }
device() { echo "usb:${unit_path:?}"; }
flash() { fm 0 flash --yes --json -m stm32-dfu -d "$(device)" "$work/image"; }
erases() { [ "$(sed -n 's/^log .* erases=\([0-9]*\).*/\1/p' "$work/unit.log")" = "$1" ] || { cat "$work/unit.log"; return 1; }; }
# as_image: the unit holds the image, all of it
as_image() { cmp -n $((2 * half)) "$work/image" "$work/flash"; }
plug() { sim_usb unit dfuse --chip=f4 --log --flash="$work/flash"; }

vectors "$work/image" $half
blank $half >>"$work/image"

random "$work/flash" $((8 * half)) 2
plug
ok "the unit holds something in the blank half: flashed" flash
ok "no block is said to have been blank" eval '! grep -q "were blank" "$work/out"'
sim_stop unit
ok "all blocks were erased" erases 6
ok "it holds the image" as_image

vectors "$work/image" $half 3
blank $half >>"$work/image"
plug
ok "the half was blank before: flashed" flash
ok "it says so" said out "1 of 6 blocks were blank"
sim_stop unit
ok "the blank block was not erased" erases 5
ok "it holds the image" as_image

# the very last byte of the sector
printf '\376' | dd of="$work/flash" bs=1 seek=$((2 * half - 1)) conv=notrunc status=none
vectors "$work/image" $half 4
blank $half >>"$work/image"
plug
ok "one byte of it is not blank: flashed" flash
sim_stop unit
ok "all blocks were erased" erases 6
ok "it holds the image" as_image

plug
ok "backup" fm 0 backup -m stm32-dfu -d "$(device)" --format=raw -o "$work/back.bin"
sim_stop unit
ok "is what it holds" cmp "$work/flash" "$work/back.bin"
done_testing
