# Runs within `cmake --install` and places what depends on the prefix, which is known only then: the configuration, and
# the unit with the paths of program and configuration in it. Given: source, work, sbindir, sysconfdir.

set(prefix "${CMAKE_INSTALL_PREFIX}")
cmake_path(ABSOLUTE_PATH sbindir BASE_DIRECTORY "${prefix}" OUTPUT_VARIABLE programs)
if(prefix STREQUAL "/usr")  # what the system itself owns is configured in /etc, and its units are there before /usr is
  set(units /lib/systemd/system)
  cmake_path(ABSOLUTE_PATH sysconfdir BASE_DIRECTORY "/" OUTPUT_VARIABLE etc)
else()
  set(units "${prefix}/lib/systemd/system")
  cmake_path(ABSOLUTE_PATH sysconfdir BASE_DIRECTORY "${prefix}" OUTPUT_VARIABLE etc)
endif()
set(MUSTERD "${programs}/musterd")
set(CONFIG "${etc}/muster/musterd.toml")

configure_file("${source}/deploy/musterd.service.in" "${work}/musterd.service" @ONLY)
file(INSTALL "${work}/musterd.service" DESTINATION "${units}")

# A service keeps its state; a program that is merely tried does not. That is the only difference to the manual.
set(untold "\n#data_dir = \"\"\n")
set(told "\ndata_dir = \"/var/lib/muster\"\n")
file(READ "${source}/config/musterd.toml" manual)
string(FIND "${manual}" "${untold}" place)
if(place EQUAL -1)
  message(FATAL_ERROR "config/musterd.toml has no line '#data_dir = \"\"' any more; the package sets it there.")
endif()
string(REPLACE "${untold}" "${told}" manual "${manual}")
if(EXISTS "$ENV{DESTDIR}${CONFIG}")
  message(STATUS "Kept: $ENV{DESTDIR}${CONFIG}")
else()
  file(WRITE "${work}/musterd.toml" "${manual}")
  file(INSTALL "${work}/musterd.toml" DESTINATION "${etc}/muster")
endif()
