#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "transport/http_message.h"

namespace tollgate::gateway::operate {

// One file of the console's pages, as it was built into this program (cmake/embed_console.cmake).
struct PageFile {
    std::string_view path;  // "index.html", "assets/index-Bc1d2e3f.js"
    std::string_view type;
    std::string_view etag;  // Strong, with its quotes.
    std::string_view text;
};
// Sorted by path; none when the pages had not been built.
std::span<const PageFile> page_files();

// GET /console/…: a file; the index for an address of the pages' own; why there is none.
// `files`: page_files(). `configured`: there is somebody who may sign in.
transport::ServerResponse page_response(std::span<const PageFile> files, bool configured,
                                        const transport::ServerRequest& request);

}  // namespace tollgate::gateway::operate
