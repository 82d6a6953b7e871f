#!/usr/bin/env bash
# Makes a folder in which the linker, led there by pkg-config, finds archives instead of shared libraries: they become part
# of the command. A library of which the system has no archive stays shared, and a line says so.
#
#     docs/publish/linked.sh FOLDER PACKAGE:LIBRARY[:ARCHIVE …] …    as libedit:edit:tinfo:bsd:md
set -euo pipefail
folder=$1
shift
rm -rf "$folder"
mkdir -p "$folder"
for entry; do
    IFS=: read -r package library more <<< "$entry"
    archives=()
    for name in $library ${more//:/ }; do archives+=("$(clang -print-file-name="lib$name.a")"); done
    # clang repeats the name of a file that it does not find.
    case " ${archives[*]}" in *" lib"*) echo "note: no archive of lib$library; the command will need its shared library"; continue ;; esac
    echo "INPUT(${archives[*]})" > "$folder/lib$library.so"
    printf 'Name: %s\nDescription: %s\nVersion: 0\nLibs: -L%s -l%s\n' "$package" "$package" "$(realpath "$folder")" "$library" \
        > "$folder/$package.pc"
done
