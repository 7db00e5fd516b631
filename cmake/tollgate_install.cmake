# What `cmake --install` lays down, and the Debian package (`cpack` in the build folder, or ./run package).
include(GNUInstallDirs)

# The command line told by itself: made from the program, so that it cannot say anything else.
find_program(GZIP gzip REQUIRED)
set(manual "${PROJECT_BINARY_DIR}/manual")
file(MAKE_DIRECTORY "${manual}")
add_custom_command(
    OUTPUT "${manual}/tollgate" "${manual}/_tollgate" "${manual}/tollgate.fish" "${manual}/tollgate.1.gz"
    COMMAND tollgate completion bash > "${manual}/tollgate"
    COMMAND tollgate completion zsh > "${manual}/_tollgate"
    COMMAND tollgate completion fish > "${manual}/tollgate.fish"
    COMMAND tollgate man-page > "${manual}/tollgate.1"
    COMMAND "${GZIP}" -9nf "${manual}/tollgate.1"
    DEPENDS tollgate
    COMMENT "Printing the manual page and the completions")
add_custom_target(tollgate_manual ALL
    DEPENDS "${manual}/tollgate" "${manual}/_tollgate" "${manual}/tollgate.fish" "${manual}/tollgate.1.gz")

install(TARGETS tollgate RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(FILES "${manual}/tollgate.1.gz" DESTINATION "${CMAKE_INSTALL_MANDIR}/man1")
install(FILES "${manual}/tollgate" DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")
install(FILES "${manual}/_tollgate" DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions")
install(FILES "${manual}/tollgate.fish" DESTINATION "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d")
install(FILES config/schema.json config/faults.schema.json docs/events.schema.json
    DESTINATION "${CMAKE_INSTALL_DATADIR}/tollgate")
install(FILES README.md ARCHITECTURE.md CHANGELOG.md DESTINATION "${CMAKE_INSTALL_DOCDIR}")
install(FILES packaging/debian/copyright DESTINATION "${CMAKE_INSTALL_DOCDIR}")
install(DIRECTORY docs DESTINATION "${CMAKE_INSTALL_DOCDIR}" PATTERN "*.schema.json" EXCLUDE)
install(FILES config/example.json config/nginx.conf config/alerts.yaml config/grafana.json config/tunnel.example.json config/sandbox.example.json config/faults.example.json
    DESTINATION "${CMAKE_INSTALL_DOCDIR}/config")
install(DIRECTORY config/two_gateways DESTINATION "${CMAKE_INSTALL_DOCDIR}/config")
# The unit and the settings name places that depend on the prefix, which is only known then.
install(CODE "set(TOLLGATE_SOURCE [[${PROJECT_SOURCE_DIR}]])\nset(TOLLGATE_BUILD [[${PROJECT_BINARY_DIR}]])")
install(SCRIPT cmake/install_service.cmake)

set(TOLLGATE_MAINTAINER "Tollgate <root@localhost>" CACHE STRING "Who answers for the Debian package: Name <address>")
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME tollgate)
set(CPACK_PACKAGE_CONTACT "${TOLLGATE_MAINTAINER}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "payment gateway between an order service and Alipay")
set(CPACK_PACKAGE_DESCRIPTION
"Makes Alipay payments for an order service, verifies Alipay's notifications,
asks about payments that nothing is heard of, refunds, reconciles each day with
Alipay's bills, and delivers signed events until the order service has them.")
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser, init-system-helpers")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS ca-certificates)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "nginx, postgresql-client, sqlite3")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    "${PROJECT_SOURCE_DIR}/packaging/debian/conffiles"
    "${PROJECT_SOURCE_DIR}/packaging/debian/postinst"
    "${PROJECT_SOURCE_DIR}/packaging/debian/prerm"
    "${PROJECT_SOURCE_DIR}/packaging/debian/postrm")
include(CPack)
