#!/usr/bin/env bash
# The release: an archive that runs where it is unpacked, and where dpkg-deb is, a Debian package with the same files. The
# same commit gives the same bytes: files have the time of the commit, one owner and one order.
#
#     docs/publish/release.sh FOLDER        FOLDER: where to write, .build/dist by `make dist`
set -euo pipefail
cd "$(dirname "$0")/../.."
mkdir -p "$1"
folder=$(realpath "$1")
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH LC_ALL=C TZ=UTC
umask 022
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ -z "$(git status --porcelain)" ] || echo "note: the tree has changes that are in no commit"

make --no-print-directory install DESTDIR="$work/files" PREFIX=/
seg=$work/files/bin/seg
# Digests of the debug information and of each module, the only bytes that depend on the folder of the build.
objcopy --remove-section .note.gnu.build-id --remove-section .swift_modhash "$seg"
version=$("$seg" -e 'print(seg_version)')
# The newest glibc that a symbol asks for.
glibc=$(objdump -T "$seg" | grep -o 'GLIBC_[0-9.]*' | sort -Vu | tail -n 1 | cut -d_ -f2)
# The packages whose archives are in the command (LINKED in the Makefile). Swift's own library asks for no notice.
linked="libedit ncurses:libncurses libbsd libmd libpng zlib:zlib1g"

# One mode and one time for all files.
same() {
    chmod -R u+rwX,go+rX,go-w "$1"
    find "$1" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
}

# ---- The archive
name=seg-$version-linux-$(uname -m)
tree=$work/$name
mkdir "$tree" "$tree/licences"
cp -r "$work/files/." "$tree"
git archive HEAD examples docs editors README.md CHANGELOG.md CONTRIBUTING.md LICENSE | tar -x -C "$tree"
sed "s/@GLIBC@/$glibc/; s/@MACHINE@/$(uname -m)/" docs/publish/INSTALL.md > "$tree/INSTALL.md"
for library in $linked; do cp "/usr/share/doc/${library#*:}-dev/copyright" "$tree/licences/${library%:*}"; done
same "$tree"
tar -C "$work" --sort=name --format=ustar --owner=0 --group=0 --numeric-owner -cf - "$name" | gzip -9n > "$folder/$name.tar.gz"
echo "== $folder/$name.tar.gz, for glibc $glibc or newer"

# ---- The Debian package
command -v dpkg-shlibdeps > /dev/null || { echo "== no Debian package: there is no dpkg-shlibdeps (package dpkg-dev)"; exit 0; }
package=$work/package
mkdir -p "$package/DEBIAN" "$package/usr/share/zsh" "$work/debian"
cp -r "$work/files/." "$package/usr"
mv "$package/usr/share/zsh/site-functions" "$package/usr/share/zsh/vendor-completions"
doc=$package/usr/share/doc/seg
mkdir -p "$doc"
cp -r "$tree/examples" "$tree/docs" "$tree/README.md" "$doc"
gzip -9n "$package/usr/share/man/man1/seg.1"
gzip -9nc CHANGELOG.md > "$doc/NEWS.md.gz"
maintainer="The seg authors <$(git log -1 --format=%ae)>"
printf 'seg (%s) unstable; urgency=medium\n\n  * The release; NEWS.md.gz says what is new.\n\n -- %s  %s\n' \
    "$version" "$maintainer" "$(date -R -d "@$SOURCE_DATE_EPOCH")" | gzip -9n > "$doc/changelog.gz"
{
    cat LICENSE
    for library in $linked; do
        printf '\n\n======== %s, which is part of the command ========\n\n' "${library%:*}"
        cat "$tree/licences/${library%:*}"
    done
} > "$doc/copyright"
# The libraries are in the command for systems that have others, or other versions.
mkdir -p "$package/usr/share/lintian/overrides"
echo "seg: embedded-library" > "$package/usr/share/lintian/overrides/seg"
printf 'Source: seg\n\nPackage: seg\nArchitecture: any\n' > "$work/debian/control"
depends=$(cd "$work" && dpkg-shlibdeps -O -e "$package/usr/bin/seg" 2> /dev/null | sed 's/^shlibs:Depends=//')
cat > "$package/DEBIAN/control" <<END
Package: seg
Version: $version
Architecture: $(dpkg --print-architecture)
Maintainer: $maintainer
Installed-Size: $(du -sk --apparent-size "$package/usr" | cut -f 1)
Depends: $depends
Recommends: libopenblas0, libturbojpeg0 | libturbojpeg, curl
Section: science
Priority: optional
Description: small language for semantic segmentation
 Data, models, class weights, training loops and histories are values that can
 be inspected, changed and copied, at a prompt or in a short script. Tensors are
 lazy, and the features of frozen layers are computed once for each picture.
END
same "$package"
(cd "$package" && find usr -type f | sort | xargs -d '\n' md5sum > DEBIAN/md5sums)
same "$package/DEBIAN"
deb=seg_${version}_$(dpkg --print-architecture).deb
dpkg-deb --root-owner-group -Zxz --threads-max=1 --build "$package" "$folder/$deb" > /dev/null
echo "== $folder/$deb, which depends on $depends"
