#!/usr/bin/env bash
# For scripts that call Apache ZooKeeper's own: the same options and lines, from zk-tool.
set -euo pipefail
exec "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/zk-tool" compare "$@"
