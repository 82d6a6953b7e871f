#!/usr/bin/env bash
# The commands of the README as a newcomer types them: on a bare Debian 12, made by debootstrap, with a toolchain of Swift, the
# packages that Swift's page names for it, and make. Needs root, Debian's packages, and about an hour on two cores.
#
#     Tests/dist/newcomer.sh SWIFT [COMMAND …]    SWIFT: the folder of the toolchain, with usr/bin in it; the commands of
#                                                 the README's section Start by default
set -eu
cd "$(dirname "$0")/../.."
swift=$(realpath "$1")
shift
kept=${SEG_DEBIAN:-$PWD/.build/debian}
root=$kept/newcomer
mkdir -p "$kept"
if [ $# -eq 0 ]; then
    mapfile -t commands < <(sed -n '/^## Start/,/^## /s/^    \(make [^#]*\).*/\1/p' README.md)
    set -- "${commands[@]}"
fi
# The toolchain cannot be written, and mounts end with the command.
inside() {
    unshare --mount --fork --pid sh -ec 'mount -t proc proc "$1/proc"; mount --bind /dev "$1/dev"
        mount --bind "$2" "$1/opt/swift"; mount -o remount,bind,ro "$1/opt/swift"
        exec chroot "$1" env -i HOME=/root PATH=/opt/swift/usr/bin:/usr/sbin:/usr/bin:/sbin:/bin TERM=xterm-256color \
            LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive bash -ec "cd /srv/seg; $3"' sh "$root" "$swift" "$1"
}
if [ ! -e "$root" ]; then
    debootstrap --variant=minbase bookworm "$kept/new" > "$kept/newcomer.log"
    mv "$kept/new" "$root"
    cp /etc/resolv.conf "$root/etc"
    mkdir -p "$root/opt/swift" "$root/srv/seg"
    inside "apt-get update -q && apt-get install -qy --no-install-recommends make binutils-gold gcc git libcurl4-openssl-dev \
        libedit-dev libpython3-dev libsqlite3-dev libstdc++-12-dev libxml2-dev libz3-dev pkg-config tzdata zlib1g-dev"
fi
git archive HEAD | tar -x -C "$root/srv/seg"
for command; do
    echo "== $command"
    inside "$command"
done
