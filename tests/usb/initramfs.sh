#!/bin/bash
# initramfs.sh KERNEL OUT: busybox, the modules that the guest needs and guest-init, from an unpacked linux-image
# package. All else the guest sees is the host's own root folder.
set -eu
kernel=$1 out=$2
here=$(dirname "$(readlink -f "$0")")
version=$(basename "$kernel"/lib/modules/*)
modules="virtio_pci 9pnet_virtio 9p overlay vhci-hcd cdc-acm usb-storage uas sd_mod vfat nls_cp437 nls_ascii nls_iso8859-1
	usbhid hid-generic ftdi_sio cp210x ch341 pl2303"

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree"/{bin,proc,sys,dev,modules,host,tmp,new}
cp /bin/busybox "$tree/bin/busybox"
install -m 755 "$here/guest-init" "$tree/init"
depmod -b "$kernel" "$version"
for module in $modules; do
	# lines "insmod PATH", in the order that loads; nothing for what is built in
	modprobe -d "$kernel" -S "$version" --show-depends "$module" | sed -n 's/^insmod //p'
done | awk '!seen[$1]++ { print $1 }' | while read -r path; do
	name=$(basename "$path")
	cp "$path" "$tree/modules/$name"
	strip --strip-debug "$tree/modules/$name"
	echo "$name" >>"$tree/modules/order"
done
(cd "$tree" && find . | cpio -o -H newc --quiet | gzip -1) >"$out.new"
mv "$out.new" "$out"
