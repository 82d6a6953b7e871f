# Checks of the scripts that run the command, which source this file and end with `checked`.
passed=0
failed=0

check() { # what, found, wanted
    if [ "$2" = "$3" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED: %s: expected\n%s\nbut found\n%s\n' "$1" "$3" "$2"
    fi
}

# The counts; status 1 if a check failed.
checked() {
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
}
