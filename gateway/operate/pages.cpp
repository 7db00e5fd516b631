#include "gateway/operate/pages.h"

#include <algorithm>

#include "gateway/refusals.h"

namespace tollgate::gateway::operate {
namespace {

using transport::ServerRequest;
using transport::ServerResponse;

constexpr std::string_view kMount = "/console/";
constexpr std::string_view kIndex = "index.html";
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'";

constexpr std::string_view kNotConfigured =
    "There is no console: the settings name nobody who may sign in.\n\n"
    "Make a hash with `tollgate keys password`, put it into the settings and start again:\n\n"
    "    \"console\": {\"operators\": [\n"
    "        {\"name\": \"on-call\", \"role\": \"operator\", \"password_hash\": \"scrypt$…\"}\n"
    "    ]}\n";
constexpr std::string_view kNotBuilt =
    "This program was built without the console's pages.\n\n"
    "They need Node.js and npm where it is built: install both, build the target `console`\n"
    "(`cmake --build --preset release --target console`), then build again.\n"
    "The console's API, under /console/api/, is there all the same.\n";

void add_guards(ServerResponse& response) {
    response.headers.emplace_back("Content-Security-Policy", kPolicy);
    response.headers.emplace_back("X-Content-Type-Options", "nosniff");
    response.headers.emplace_back("Referrer-Policy", "no-referrer");
    response.headers.emplace_back("Cross-Origin-Opener-Policy", "same-origin");
    response.headers.emplace_back("Cross-Origin-Resource-Policy", "same-origin");
}

ServerResponse told(std::string_view text) {
    ServerResponse response{
        .status = 404, .content_type = "text/plain; charset=utf-8", .body = std::string(text)};
    add_guards(response);
    return response;
}

const PageFile* find(std::span<const PageFile> files, std::string_view path) {
    const auto found = std::ranges::find(files, path, &PageFile::path);
    return found == files.end() ? nullptr : &*found;
}

// "payments/pay_…": an address that the pages make up for themselves.
bool is_own_address(std::string_view path) {
    return path.find_first_not_of(
               "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
               "_-/") == std::string_view::npos;
}

// Vite names a file after its content: "assets/index-Bc1d2e3f.js".
bool is_immutable(std::string_view path) {
    const std::size_t dash = path.rfind('-');
    const std::size_t dot = path.rfind('.');
    return path.starts_with("assets/") && dash != std::string_view::npos &&
           dot != std::string_view::npos && dot > dash && dot - dash - 1 >= 8;
}

bool has_it_already(const ServerRequest& request, std::string_view etag) {
    const std::string_view known = request.header("if-none-match").value_or("");
    return known == "*" || known.find(etag) != std::string_view::npos;
}

}  // namespace

ServerResponse page_response(std::span<const PageFile> files, bool configured,
                             const ServerRequest& request) {
    if (!configured) return told(kNotConfigured);
    if (files.empty()) return told(kNotBuilt);
    if (request.method != "GET" && request.method != "HEAD") {
        auto response = api_refusal(405, "this path does not take this method");
        response.headers.emplace_back("Allow", "GET, HEAD");
        return response;
    }
    std::string_view path = request.path;
    path.remove_prefix(std::min(kMount.size(), path.size()));
    const PageFile* file = find(files, path);
    if (file == nullptr && is_own_address(path) && !path.starts_with("api/")) {
        file = find(files, kIndex);
    }
    if (file == nullptr) return api_refusal(404, "there is nothing at this path");
    ServerResponse response;
    response.headers.emplace_back("ETag", file->etag);
    response.headers.emplace_back("Cache-Control", is_immutable(file->path)
                                                       ? "public, max-age=31536000, immutable"
                                                       : "no-cache");
    add_guards(response);
    if (has_it_already(request, file->etag)) {
        response.status = 304;
        return response;
    }
    response.content_type = file->type;
    response.body = file->text;
    return response;
}

}  // namespace tollgate::gateway::operate
