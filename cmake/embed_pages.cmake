# cmake -DROOM=<room> -DPAGES=<list of files, separated by '|'> -DOUTPUT=<file> -P embed_pages.cmake
#
# Writes a C++ source that holds each page's text under its file name: what <room>/pages.h declares, in
# tollgate::<room>, or in tollgate::NAMESPACE where ROOM is a folder within a room.
if(NOT DEFINED NAMESPACE)
    set(NAMESPACE "${ROOM}")
endif()
string(REPLACE "|" ";" pages "${PAGES}")
set(entries "")
foreach(page IN LISTS pages)
    file(READ "${page}" text)
    get_filename_component(name "${page}" NAME)
    if(text MATCHES "\\)page\"")
        message(FATAL_ERROR "${page} holds the mark that ends a raw string")
    endif()
    string(APPEND entries "    {\"${name}\", R\"page(${text})page\"},\n")
endforeach()
list(LENGTH pages count)
file(WRITE "${OUTPUT}" "// Made by cmake/embed_pages.cmake from ${ROOM}/pages; do not edit.
#include \"${ROOM}/pages.h\"

#include <array>

#include \"base/check.h\"

namespace tollgate::${NAMESPACE} {
namespace {

struct Page {
    std::string_view name;
    std::string_view text;
};

constexpr std::array<Page, ${count}> kPages = {{
${entries}}};

}  // namespace

std::string_view page_text(std::string_view name) {
    for (const Page& page : kPages) {
        if (page.name == name) return page.text;
    }
    TOLLGATE_CHECK(false);
}

}  // namespace tollgate::${NAMESPACE}
")
