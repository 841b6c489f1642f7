#!/bin/bash
# Whether the program that listens on 127.0.0.1:PORT says it is ready. The images' health check, which is to need nothing
# that the program itself does not: no curl, only a shell.
#
#   ready.sh PORT
set -eu
exec 3<>"/dev/tcp/127.0.0.1/$1"
printf 'GET /readyz HTTP/1.0\r\nHost: localhost\r\n\r\n' >&3
read -r _ status _ <&3
[[ $status == 200 ]]
