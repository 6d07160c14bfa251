#!/bin/bash
# Succeeds when the page that LOADCELL_HEALTH names (host:port/path, plain HTTP) answers 200. Asked by the shell itself: a
# Node that starts every few seconds would take processor time from what is measured.
set -eu
at=${LOADCELL_HEALTH%%/*}
exec 3<>"/dev/tcp/${at%:*}/${at##*:}"
printf 'GET /%s HTTP/1.0\r\nHost: %s\r\n\r\n' "${LOADCELL_HEALTH#*/}" "$at" >&3
read -r _ status _ <&3
[ "$status" = 200 ]
