# The steps that scripts/demo, scripts/test and .ci/run share. Sourced by them, not run.
#
# Everything that is built or downloaded stays in .build and .build-tsan of the checkout; Debian packages that
# are missing are installed by name.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
checkout=$PWD

# One set of flags for every debug build, so that no step compiles again what another has compiled.
build_flags=(-Xswiftc -warnings-as-errors --explicit-target-dependency-import-check error)
library_packages=(libsodium-dev libargon2-dev libsqlite3-dev pkg-config)
reference_version=0.7.5
reference=$checkout/.build/reference

say() { printf '\n==> %s\n' "$*"; }

fail() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Installs those of the named Debian packages that are missing. A server among them is never started: its start
# scripts are left out when it is unpacked.
need_packages() {
    local package missing=()
    if ! command -v dpkg-query >/dev/null; then
        say "not a Debian system: please see to it that these are installed: $*"
        return 0
    fi
    for package in "$@"; do
        [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
            missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    say "installing Debian packages: ${missing[*]}"
    as_root apt-get update --quiet --quiet
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install --quiet --quiet --yes --no-install-recommends \
        -o Dpkg::Options::=--path-exclude='/etc/init.d/*' \
        -o Dpkg::Options::=--path-exclude='/lib/systemd/system/*' \
        -o Dpkg::Options::=--path-exclude='/usr/lib/systemd/system/*' \
        "${missing[@]}"
}

need_swift() {
    command -v swift >/dev/null || fail 'there is no swift command: install a Swift 6.2 toolchain or newer first'
}

# A virtual environment with the Python reference, made once.
need_reference() {
    if "$reference/bin/python" -c "
import importlib.metadata, sys
sys.exit(importlib.metadata.version('dnsmesh') != '$reference_version')" 2>/dev/null; then
        return 0
    fi
    say "installing the Python reference $reference_version into .build/reference"
    command -v python3 >/dev/null && python3 -c 'import ensurepip' 2>/dev/null || need_packages python3 python3-venv
    rm -rf "$reference"
    python3 -m venv "$reference"
    "$reference/bin/pip" install --quiet --disable-pip-version-check "dnsmesh==$reference_version"
}

# Runs a command where no network exists but the loopback interface, if this system lets us.
on_loopback_only() {
    local isolate loopback_up='
import fcntl, socket, struct
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    request = b"lo".ljust(16, b"\0")
    flags, = struct.unpack("16xH", fcntl.ioctl(s, 0x8913, request + bytes(24))[:18])
    fcntl.ioctl(s, 0x8914, request + struct.pack("H", flags | 1) + bytes(22))
'
    for isolate in 'unshare --net' 'unshare --map-root-user --net'; do
        if $isolate python3 -c "$loopback_up" 2>/dev/null; then
            echo 'network: cut, only loopback is left'
            $isolate bash -c 'python3 -c "$1" && shift && exec "$@"' bash "$loopback_up" "$@"
            return
        fi
    done
    echo 'network: not cut (this system does not let us); the tests address nothing but loopback'
    "$@"
}

# Runs a `swift test` command with few tests at the same time, so that one that waits on a real socket isn't starved by
# hundreds that compute.
few_at_a_time() { SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=8 "$@"; }

# Runs a `swift test` command on what is built: shows what the tests print and what failed, leaves out the lines
# about tests that began or passed, and adds the count to `passed`. Sums up how many cases of vectors ran.
passed=0
run_tests() {
    local log status count
    mkdir -p .build
    log=$(mktemp .build/test-log.XXXXXX)
    set +e
    "$@" 2>&1 | tee "$log" | grep --line-buffered --invert-match --extended-regexp '^(◇|✔ Test ("|[A-Za-z]+\(|case )|\[[0-9]+/[0-9]+\])'
    status=${PIPESTATUS[0]}
    set -e
    count=$(sed --quiet --regexp-extended 's/.*Test run with ([0-9]+) tests? .*passed.*/\1/p' "$log" | tail -1)
    awk '/^vectors [^:]*: [0-9]+ cases/ { lists++; cases += $(NF - 1) }
        END { if (lists) printf "vectors and public test data: %d cases in %d lists\n", cases, lists }' "$log"
    rm -f "$log"
    [ "$status" = 0 ] || fail "tests failed (status $status): $*"
    [ "${count:-0}" -gt 0 ] || fail "no test ran: $*"
    passed=$((passed + count))
}

# No setting of the caller reaches the node or the users.
forget_settings() {
    local variable
    for variable in $(compgen -A variable DMP_) HTTP_PROXY HTTPS_PROXY ALL_PROXY http_proxy https_proxy all_proxy; do
        unset "$variable"
    done
}

# Starts a node on loopback, on ports that the system chooses: sets `node` to its process, `dns` and `http` to its
# addresses. usage: start_node PROGRAM FOLDER, where its records and its log go
start_node() {
    local line='' log=$2/node.log
    DMP_DB_PATH=$2/node/records.db DMP_DNS_HOST=127.0.0.1 DMP_DNS_PORT=0 DMP_HTTP_HOST=127.0.0.1 DMP_HTTP_PORT=0 \
        "$1" node >"$log" 2>&1 &
    node=$!
    for _ in $(seq 300); do
        line=$(grep --max-count=1 --only-matching 'node up dns=.*' "$log" 2>/dev/null) && break
        kill -0 "$node" 2>/dev/null || break
        sleep 0.1
    done
    if [ -z "$line" ]; then
        cat "$log" >&2
        fail 'the node did not start'
    fi
    echo "$line"
    dns=$(sed -E 's/.* dns=([^ ]+).*/\1/' <<<"$line")
    http=$(sed -E 's#.* http=(http://)?([^ ]+).*#\2#' <<<"$line")
}

stop_node() {
    [ -n "${node:-}" ] || return 0
    kill "$node" 2>/dev/null || true
    wait "$node" 2>/dev/null || true
    node=
}
