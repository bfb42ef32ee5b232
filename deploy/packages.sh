# The Debian 12 packages that muster needs, and how to install those that are missing. Sourced by what is in deploy
# and by tests/run; not a program.
#
# libboost1.81-dev is named exactly: Debian's default libboost-dev is 1.74, which is too old, and the two conflict.

# shellcheck shell=bash disable=SC2034
build_packages=(
  g++ cmake ninja-build ccache pkg-config
  libboost1.81-dev nlohmann-json3-dev libspdlog-dev libssl-dev libpugixml-dev libtomlplusplus-dev libcli11-dev
  prometheus-cpp-dev libsimdjson-dev libdeflate-dev zlib1g-dev libxxhash-dev
)

# Above those, what the tests of `tests/run` use.
test_packages=(
  catch2 curl python3 prometheus libfaketime clang-format-14 shellcheck
  golang-go nodejs  # the thin clients of client/go and client/node are built and run, as Debian's users would
)
# deploy/package: the library packages that the program needs are found by dpkg-shlibdeps, which asks file.
package_packages=(dpkg-dev file binutils gzip)
# Its tests install it for real, into a system that is thrown away.
package_test_packages=(adduser systemd util-linux mount iproute2 procps man-db)
# deploy/compose/demo: Debian's Python reads its compose file.
demo_packages=(python3 python3-yaml)
# The page of the demo is looked at in a real browser; it brings a hundred packages, so no other set asks for it.
demo_test_packages=(chromium)
cluster_packages=(iproute2 util-linux mount)
fuzz_packages=(clang-14 libclang-rt-14-dev)
tidy_packages=(clang-tidy-14)

# Prints those of the given packages that dpkg does not have.
missing_packages() {
  local name
  for name in "$@"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || printf '%s\n' "$name"
  done
}

# Installs the given packages as far as they are missing, as root or by sudo, and says what it does. Silent and quick
# when nothing is missing. Fails with a sentence when it cannot.
install_packages() {
  local missing=() as_root=()
  mapfile -t missing < <(missing_packages "$@")
  [ "${#missing[@]}" -gt 0 ] || return 0
  if ! command -v apt-get >/dev/null; then
    echo "These Debian packages are needed, and there is no apt-get to install them: ${missing[*]}" >&2
    return 1
  fi
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      echo "These packages are needed. Install them as root, then run this again: apt-get install ${missing[*]}" >&2
      return 1
    fi
    as_root=(sudo)
  fi
  echo "Installing ${#missing[@]} Debian packages: ${missing[*]}" >&2
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300)
  "${apt[@]}" update >&2 && "${apt[@]}" install --no-install-recommends "${missing[@]}" >&2
}
