#!/bin/bash
# run.sh COMMAND [ARGUMENT]...: run a program of this machine on a kernel of its own, with a USB bus that programs can put
# units on, and end with its exit status; 125: the guest died or took too long. Its standard output and error come out
# here. FM_KERNEL: what `bootstrap kernel` made. FM_OUT: a folder that the program sees as /run/out, kept.
# GUEST_SECONDS: the time limit. FM_... of the environment go along. GUEST_TICK=N: the guest's clock counts instructions,
# 2^N ns each, and passes over idle time: what is measured there does not depend on what else this machine does.
#
# Emulated (TCG) with one processor, always: a stock kernel hangs in nested virtualisation that looks usable, and with two
# emulated processors each wake-up costs up to 10 ms.
set -u
kernel=${FM_KERNEL:?} out=${FM_OUT-}
[ -f "$kernel/vmlinuz" ] && [ -f "$kernel/initramfs.gz" ] || { echo "no kernel in $kernel: run ./bootstrap kernel" >&2; exit 125; }
console=$(mktemp) qemu=
if [ -z "$out" ]; then
	out=$(mktemp -d)
	own_out=$out
fi
end() {
	[ -z "$qemu" ] || kill "$qemu" 2>/dev/null
	rm -rf "$console" ${own_out+"$own_out"}
}
trap end EXIT
trap 'exit 125' INT TERM
out=$(readlink -f "$out")
rm -f "$out/status"
{
	for name in ${!FM_@}; do
		[ "$name" = FM_OUT ] || printf 'export %s=%q\n' "$name" "${!name}"
	done
	printf 'cd %q\n' "$PWD"
	printf '%q ' "$@"
	printf '>/run/out/output 2>&1\n'
} >"$out/command"

timeout --foreground -k 5 "${GUEST_SECONDS:-300}" \
	qemu-system-x86_64 -accel tcg ${GUEST_TICK:+-icount "shift=$GUEST_TICK,sleep=off"} -cpu max -M q35,usb=off -nodefaults -no-user-config -smp 1 -m "${GUEST_MB:-768}" \
	-no-reboot -display none -serial "file:$console" \
	-kernel "$kernel/vmlinuz" -initrd "$kernel/initramfs.gz" \
	-append "console=ttyS0 quiet loglevel=3 panic=-1 mitigations=off" \
	-virtfs local,path=/,mount_tag=root,security_model=none,readonly=on,multidevs=remap \
	-virtfs "local,path=$out,mount_tag=out,security_model=none" </dev/null &
qemu=$!
wait "$qemu"
ended=$?
qemu=
[ ! -f "$out/output" ] || cat "$out/output"
if [ -s "$out/status" ]; then
	grep '^guest:' "$console" >&2
	exit "$(cat "$out/status")"
fi
[ $ended -ne 124 ] || echo "guest: not ready within ${GUEST_SECONDS:-300} s" >&2
echo "guest: died; its console:" >&2
tail -n 40 "$console" >&2
exit 125
