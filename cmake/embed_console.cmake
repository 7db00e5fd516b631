# cmake -DFOLDER=<gateway/console/dist> -DOUTPUT=<file> -P embed_console.cmake
#
# Writes a C++ source that holds every file of the built console: what gateway/operate/pages.h declares.
# Without the folder it holds none, and the gateway says so at /console/.
cmake_minimum_required(VERSION 3.25)

set(types
    "html=text/html; charset=utf-8" "js=text/javascript; charset=utf-8" "css=text/css; charset=utf-8"
    "svg=image/svg+xml" "json=application/json" "webmanifest=application/manifest+json"
    "txt=text/plain; charset=utf-8" "png=image/png" "ico=image/x-icon" "woff2=font/woff2")
set(binary png ico woff2)
file(GLOB_RECURSE files RELATIVE "${FOLDER}" "${FOLDER}/*")
list(SORT files)
set(entries "")
set(count 0)
foreach(name IN LISTS files)
    string(REGEX MATCH "[^.]*$" extension "${name}")
    set(type "")
    foreach(pair IN LISTS types)
        if(pair MATCHES "^${extension}=(.*)$")
            set(type "${CMAKE_MATCH_1}")
        endif()
    endforeach()
    if(type STREQUAL "")
        continue()  # Maps of sources and the like are nobody's outside.
    endif()
    file(SHA256 "${FOLDER}/${name}" hash)
    string(SUBSTRING "${hash}" 0 32 hash)
    if(extension IN_LIST binary)
        file(READ "${FOLDER}/${name}" hex HEX)
        string(REGEX REPLACE "(..)" "\\\\x\\1" text "${hex}")
        set(literal "\"${text}\"sv")
    else()
        file(READ "${FOLDER}/${name}" text)
        if(text MATCHES "\\)page\"")
            message(FATAL_ERROR "${name} holds the mark that ends a raw string")
        endif()
        set(literal "R\"page(${text})page\"sv")
    endif()
    string(APPEND entries "    PageFile{\"${name}\", \"${type}\", \"\\\"${hash}\\\"\",\n${literal}},\n")
    math(EXPR count "${count} + 1")
endforeach()
file(WRITE "${OUTPUT}" "// Made by cmake/embed_console.cmake from the built console; do not edit.
#include \"gateway/operate/pages.h\"

#include <array>

namespace tollgate::gateway::operate {
namespace {

using namespace std::string_view_literals;

constexpr std::array<PageFile, ${count}> kFiles = {{
${entries}}};

}  // namespace

std::span<const PageFile> page_files() {
    return kFiles;
}

}  // namespace tollgate::gateway::operate
")
