# What `make deb` installs, and the package made of it.
#
# The target `package_files` builds the programs, strips them, and has them print their manual pages and completions,
# under the names they are installed as.

set(package_dir "${CMAKE_BINARY_DIR}/package")
set(package_files "")

# package_program(<target> <installed name>)
function(package_program target name)
  set(stripped "${package_dir}/bin/${name}")
  set(man "${package_dir}/${name}.1.gz")
  set(completion "${package_dir}/completions/${name}")
  add_custom_command(
    OUTPUT "${stripped}" "${man}" "${completion}"
    COMMAND "${CMAKE_COMMAND}" -E make_directory "${package_dir}/bin" "${package_dir}/completions"
    COMMAND "${CMAKE_STRIP}" -o "${stripped}" "$<TARGET_FILE:${target}>"
    COMMAND ${target} --print-manual ${name} > "${package_dir}/${name}.1"
    COMMAND gzip -9 --no-name --force "${package_dir}/${name}.1"
    COMMAND ${target} --print-completion ${name} > "${completion}"
    DEPENDS ${target}
    VERBATIM)
  install(PROGRAMS "${stripped}" DESTINATION usr/bin)
  install(FILES "${man}" DESTINATION usr/share/man/man1)
  install(FILES "${completion}" DESTINATION usr/share/bash-completion/completions)
  set(package_files ${package_files} "${stripped}" "${man}" "${completion}" PARENT_SCOPE)
endfunction()

package_program(wikiflow wikiflow)
package_program(producer wikiflow-producer)
package_program(consumer wikiflow-consumer)
add_custom_target(package_files DEPENDS ${package_files})

file(GLOB units "${CMAKE_SOURCE_DIR}/deploy/systemd/*.service")
file(GLOB settings "${CMAKE_SOURCE_DIR}/deploy/systemd/*.env")
install(FILES ${units} DESTINATION lib/systemd/system)
# Passwords may stand there; systemd reads them as root.
install(FILES ${settings} DESTINATION etc/wikiflow PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ)
install(FILES deploy/debian/copyright THIRD_PARTY_NOTICES CHANGELOG.md DESTINATION usr/share/doc/wikiflow)
install(FILES .env.example DESTINATION usr/share/doc/wikiflow RENAME env.example)
install(FILES db/init.cql DESTINATION usr/share/wikiflow)
install(FILES deploy/prometheus/wikiflow.rules.yml DESTINATION usr/share/wikiflow OPTIONAL)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME wikiflow)
set(CPACK_PACKAGE_VENDOR "wikiflow maintainers")
set(CPACK_PACKAGE_CONTACT "wikiflow maintainers <maintainers@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Counts of Wikimedia's changes by domain and by user")
set(CPACK_PACKAGE_DESCRIPTION
  "The stream of all changes to all wikis, counted exactly once: all in one process,\nor over a Kafka topic with counts in RocksDB or Cassandra.")
set(CPACK_PACKAGING_INSTALL_PREFIX /)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS ca-certificates)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  "${CMAKE_SOURCE_DIR}/deploy/debian/postinst;${CMAKE_SOURCE_DIR}/deploy/debian/prerm;${CMAKE_SOURCE_DIR}/deploy/debian/postrm;${CMAKE_SOURCE_DIR}/deploy/debian/conffiles")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
