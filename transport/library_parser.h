#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tollgate::transport {

// cpp-httplib's request parser, and the only file that includes the library.
//
// The library gets a request line without its query, and nothing more. Every trap that we measured
// in it lies in what it does with header fields and bodies (it reads past the end, unpacks, decodes
// values, answers by itself); the frame has settled those before, so the library never sees one.
// What it would write is dropped. Use from one thread at a time.
class LibraryParser {
public:
    LibraryParser();
    ~LibraryParser();
    LibraryParser(const LibraryParser&) = delete;
    LibraryParser& operator=(const LibraryParser&) = delete;

    struct Line {
        std::string method;
        std::string target;  // As sent.
        std::string path;    // Percent-decoded once, without the query.
    };
    // Nothing when the library refuses the line.
    std::optional<Line> parse(std::string_view method, std::string_view target);

private:
    class Server;
    std::unique_ptr<Server> server_;
};

}  // namespace tollgate::transport
