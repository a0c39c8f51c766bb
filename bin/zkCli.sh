#!/usr/bin/env bash
# For scripts that call Apache ZooKeeper's own: the same options, commands, lines and exit codes, from zk-cli.
set -euo pipefail
exec "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/zk-cli" "$@"
