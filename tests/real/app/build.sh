#!/bin/sh
# Build the demo application: build.sh SOURCE OUT, where OUT is .../demo-MCU[-VARIANT]-VERSION.hex or .elf
set -e
source=$1
out=$2
name=${out##*/demo-}
version=${name##*-}
version=${version%.???}
variant=${name%-*}
mcu=${variant%%-*}

# a table that makes it fill most of what lies below the boot loader
case $mcu in
m168) chip=atmega168 baud=19200 table=11264 ;;
m328p) chip=atmega328p baud=115200 table=27136 ;;
m2560) chip=atmega2560 baud=115200 table=31744 ;;
*) echo "$0: unknown part $mcu" >&2; exit 1 ;;
esac
case $variant in
*-small) table=2048 options= ;;
*-pump) table=6144 baud=57600 options= ;;
*-chatter) table=512 options=-DDEMO_CHATTER ;;
*-eeprom) table=512 options=-DDEMO_EEPROM ;;
*) options= ;;
esac
seed=$(printf '%s' "$version" | cksum | cut -d' ' -f1)

rx=USART0_RX_vect
[ "$mcu" = m2560 ] || rx=USART_RX_vect
mkdir -p "${out%/*}"
"${AVR_GCC:-avr-gcc}" -mmcu=$chip -std=gnu11 -Os -Wall -Wextra -Werror -DF_CPU=16000000UL -DBAUD=$baud \
	$options -DDEMO_VERSION="\"$version\"" -DDEMO_SEED=$((seed & 65535)) -DDEMO_TABLE_LEN=$table -DDEMO_RX_VECT=$rx \
	-o "$out.tmp" "$source"
case $out in
*.elf) mv "$out.tmp" "$out" ;;
*) avr-objcopy -O ihex -R .eeprom "$out.tmp" "$out" && rm -f "$out.tmp" ;;
esac
