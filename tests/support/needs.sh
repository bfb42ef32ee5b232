# What the interop tests and the benchmarks need before they start: Debian packages, tools, the release build and the
# Spring Eureka server. Sourced by tests/interop/run and tests/bench/run; `root` is the top of the project.

# shellcheck shell=bash
# shellcheck source=../../deploy/packages.sh
source "${root:?}/deploy/packages.sh"

export MUSTER_CACHE=${MUSTER_CACHE:-$root/build/interop-cache}
mkdir -p "$MUSTER_CACHE"

need_packages() {
  # RUNLEVEL=1 keeps Debian from starting the services that it installs.
  RUNLEVEL=1 install_packages "$@"
}

# The packages are wanted only where the command is missing: another distribution of the same tool is as good.
need_command() {
  local command=$1
  shift
  command -v "$command" >/dev/null || need_packages "$@"
}

# Builds build/release/bin/musterd, or brings it up to date.
need_release() {
  need_packages "${build_packages[@]:?}"
  echo "building the release of musterd" >&2
  cmake -G Ninja -S "$root" -B "$root/build/release" -DCMAKE_BUILD_TYPE=Release -DMUSTER_TESTS=OFF \
    -DCMAKE_CXX_COMPILER_LAUNCHER=ccache >/dev/null
  cmake --build "$root/build/release" --target musterd >&2
}

# Builds the project in directory $1 with Maven into the cache directory $2, unless it is built from the same sources.
need_maven_build() {
  local source=$1 target=$MUSTER_CACHE/$2 stamp
  need_command javac openjdk-17-jdk-headless
  need_command mvn maven
  stamp=$(cd "$source" && find . -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum)
  [ "$(cat "$target/stamp" 2>/dev/null)" != "$stamp" ] || return 0
  echo "building ${source#"$root"/} with Maven" >&2
  mvn -q -B -f "$source/pom.xml" -Dmaven.repo.local="$MUSTER_CACHE/m2" -Dbuild.into="$target" package >&2
  printf '%s\n' "$stamp" >"$target/stamp"
}

need_spring() { need_maven_build "$root/tests/interop/eureka-server" eureka-server; }
