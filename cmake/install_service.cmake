# Run by `cmake --install`: the systemd unit, and the settings that it starts with, whose texts name
# places. Needs TOLLGATE_SOURCE and TOLLGATE_BUILD.
set(etc "${CMAKE_INSTALL_PREFIX}/etc")
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
    set(etc /etc)
endif()

file(READ "${TOLLGATE_SOURCE}/packaging/tollgate.service" unit)
string(REPLACE "/usr/bin/" "${CMAKE_INSTALL_PREFIX}/bin/" unit "${unit}")
string(REPLACE "/etc/tollgate" "${etc}/tollgate" unit "${unit}")
file(WRITE "${TOLLGATE_BUILD}/manual/tollgate.service" "${unit}")
file(INSTALL "${TOLLGATE_BUILD}/manual/tollgate.service"
    DESTINATION "${CMAKE_INSTALL_PREFIX}/lib/systemd/system")

file(READ "${TOLLGATE_SOURCE}/config/example.json" settings)
string(REPLACE [["sqlite_file": "tollgate.db"]] [["sqlite_file": "/var/lib/tollgate/tollgate.db"]] placed "${settings}")
if(placed STREQUAL settings)
    message(FATAL_ERROR "config/example.json no longer says where the ledger is in the words that are looked for")
endif()
file(WRITE "${TOLLGATE_BUILD}/manual/tollgate.json" "${placed}")
# A later `cmake --install` must not take somebody's settings away; a package has its own way there.
if(NOT "$ENV{DESTDIR}" STREQUAL "" OR NOT EXISTS "${etc}/tollgate/tollgate.json")
    file(INSTALL "${TOLLGATE_BUILD}/manual/tollgate.json" DESTINATION "${etc}/tollgate")
endif()
