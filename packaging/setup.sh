#!/bin/sh
# Installs what Labwright needs on Debian, by package name. Repeatable; says what it does.
#   packaging/setup.sh run    what building and running labs needs
#   packaging/setup.sh test   also what the tests need
set -eu

run="build-essential ca-certificates crun e2fsprogs iproute2 mmdebstrap runc uidmap"
test="arch-test busybox-static chromium cpio firefox-esr fonts-dejavu-core gcc-multilib jq kmod python3-venv qemu-system-x86 seabios squashfs-tools strace tigervnc-standalone-server tshark"
wanted=$run
[ "${1:-run}" = test ] && wanted="$run $test"

missing=
for package in $wanted; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

if [ -n "$missing" ]; then
    echo "setup: installing$missing" >&2
    as_root apt-get update -qq
    # shellcheck disable=SC2086  # a list of package names
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >&2
fi

# The compiler of the agent for i686 (`cargo xtask agent-i686`): of the suite itself, which has it for both architectures
# at one version; the security archive's index for i386 is not always whole.
if [ "${1:-run}" = test ] && ! dpkg-query -W -f '${Status}' rustc-web 2>/dev/null | grep -q 'ok installed'; then
    suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends -t "$suite" rustc-web >&2
fi

for program in cargo node npm; do
    command -v "$program" >/dev/null || {
        echo "setup: $program is missing. Labwright is built with Rust 1.95 or later and Node 20 or later." >&2
        exit 1
    }
done

# The provider that sign-in by OpenID Connect is tested against.
if [ "${1:-run}" = test ]; then
    peer=$(dirname "$0")/oidc-peer
    [ -d "$peer/node_modules/oidc-provider" ] || npm ci --prefix "$peer" --no-audit --no-fund --silent
fi

if [ "${1:-run}" = test ] && ! command -v cargo-deny >/dev/null; then
    echo "setup: installing cargo-deny (some minutes)" >&2
    cargo install --quiet --locked cargo-deny
fi
