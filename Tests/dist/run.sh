#!/usr/bin/env bash
# The release on bare Debians, made by debootstrap, without Swift: the archive runs where it is unpacked, says which
# package is missing when it is needed, and the Debian package brings it. Needs root and Debian's packages.
#
#     Tests/dist/run.sh FOLDER [SUITE …]    FOLDER: what `make dist` wrote; bookworm and trixie by default
set -u
cd "$(dirname "$0")/../.."
. Tests/checks.sh
release=$(realpath "$1")
shift
[ $# -gt 0 ] || set -- bookworm trixie
archive=$(ls "$release"/seg-*.tar.gz)
package=$(ls "$release"/seg_*.deb)
name=$(basename "$archive" .tar.gz)
# Bare systems are kept for the next run.
kept=${SEG_DEBIAN:-$PWD/.build/debian}
mkdir -p "$kept"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# inside COMMAND: in the system at $root, with a /proc that ends with the command.
inside() {
    unshare --mount --fork --pid sh -c 'mount -t proc proc "$1/proc" && exec chroot "$1" env -i HOME=/root \
        PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive sh -c "cd; $2"' sh "$root" "$1" 2>&1
}
has() { # what, found, wanted part
    case $2 in *"$3"*) check "$1" ok ok ;; *) check "$1" "$2" "… $3 …" ;; esac
}

for suite; do
    echo "== $suite"
    if [ ! -e "$kept/$suite" ]; then
        rm -rf "$kept/new"
        debootstrap --variant=minbase "$suite" "$kept/new" > "$kept/$suite.log" || exit 1
        mv "$kept/new" "$kept/$suite"
    fi
    root=$scratch/$suite
    cp -a "$kept/$suite" "$root"
    cp /etc/resolv.conf "$root/etc"
    tar -xzf "$archive" -C "$root/root"
    cp "$package" "$root/srv/seg.deb"
    seg="cd $name && bin/seg"

    check "$suite: all libraries are there" "$(inside "ldd $name/bin/seg | grep 'not found'")" ""
    has "$suite: the version" "$(inside "$seg --version")" "seg 0"
    has "$suite: the doctor says what is missing" "$(inside "$seg doctor")" "apt-get install libopenblas0"
    has "$suite: matmul says what it needs" "$(inside "$seg -e 'eye(2) @ eye(2)'")" "on Debian: apt-get install libopenblas0"
    # The frame header of a JPEG file is enough to ask for its library.
    printf '\377\330\377\300\0\021\010\0\001\0\001\003\001\042\0\002\021\001\003\021\001\377\331' > "$root/srv/a.jpg"
    has "$suite: a JPEG picture says what it needs" "$(inside "$seg -e 'read_image(\"/srv/a.jpg\")'")" "libturbojpeg0"
    inside "cd $name && sed -i 's/count=96/count=12/; s/epochs=10/epochs=1/; s/epochs=4/epochs=1/' examples/first.seg"
    has "$suite: the first example" "$(inside "$seg examples/first.seg")" "prediction"
    check "$suite: and its picture" "$(inside "head -c 4 $name/first.png | tail -c 3")" "PNG"
    check "$suite: completions" "$(inside "bash -c '. $name/share/bash-completion/completions/seg; complete -p seg'")" \
        "complete -F _seg seg"

    inside "apt-get update -q && apt-get install -qy /srv/seg.deb" > "$scratch/apt" || { tail "$scratch/apt"; exit 1; }
    check "$suite: the package has what matmul needs" "$(inside "seg -e 'sum(eye(2) @ eye(2))'")" "2"
    check "$suite: the doctor finds no fault" "$(inside "seg doctor" | grep FAULT)" ""
    mkdir "$root/root/t"
    echo 'print(1 + 1)  # expect: 2' > "$root/root/t/sum.seg"
    has "$suite: the examples of the help" "$(inside "seg test /root/t --examples" | tail -n 1)" " passed"
    inside "apt-get remove -qy seg" > "$scratch/apt"
    check "$suite: the package is removed whole" "$(inside "find / -xdev -path /proc -prune -o -path /root -prune -o -path /srv -prune -o -name 'seg*' -path '*seg*' -print | grep -w seg")" ""
    rm -rf "$root"
done
checked
