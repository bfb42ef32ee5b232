# Builds the release in build/release. Sourced by deploy/quickstart and deploy/package; not a program.

# shellcheck shell=bash
# build_release ROOT: configures if need be, builds musterd, and says what it does. Two at a time wait for each other.
build_release() {
  local root="$1" build="$1/build/release"
  mkdir -p "$build"
  exec 9>"$build/.lock"
  flock 9
  if [ ! -e "$build/build.ninja" ]; then
    echo "Configuring a release build in build/release."
    cmake -G Ninja -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=Release -DMUSTER_TESTS=OFF \
      -DCMAKE_CXX_COMPILER_LAUNCHER=ccache >"$build/configure.log" 2>&1 || {
      cat "$build/configure.log" >&2
      echo "Configuring failed; the lines above say why." >&2
      exit 1
    }
  fi
  echo "Building musterd; the first time takes minutes, later ones no time."
  NINJA_STATUS='[%f/%t, %e s] ' cmake --build "$build" --target musterd
  exec 9>&-
}
