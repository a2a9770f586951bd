#!/bin/bash
# The USB link and the touch of serial ports on a real kernel.
[ -w /sys/devices/platform/vhci_hcd.0/attach ] || { echo "1..0 # SKIP no USB bus (this runs in tests/usb/run.sh)"; exit 0; }
exec "${FM_BUILD:?}/tests/usb/link-usb"
