#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/result.h"
#include "base/secret.h"

namespace tollgate::config {

// One mistake in a settings file: where (a JSON pointer such as "/apps/0/app_id") and what.
struct Problem {
    std::string where;
    std::string what;

    friend bool operator==(const Problem&, const Problem&) = default;
};

// Every problem on a line of its own: "/api/prot: is not a setting we know".
std::string to_text(const std::vector<Problem>& problems);

enum class Comments { allowed, refused };

// JSON, with // comments if they are allowed. Refuses two members of one name, which other readers
// take silently. Problems: what is wrong, with its line when the text is not JSON at all.
std::optional<nlohmann::json> parse_json(std::string_view text, Comments comments,
                                         std::vector<Problem>& problems);

// An address to listen on: "127.0.0.1:8601" or "[::1]:8601".
struct ListenAddress {
    std::string address;
    int port = 0;

    friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

// Reads one object of a settings file. Each read notes its key; finish() reports the keys that
// nobody read. A read that fails notes a problem and leaves its target as it was, so that one pass
// finds every mistake. `need_…` demands the member, `may_have_…` keeps the default without it.
class Section {
public:
    // What the whole file shares. Relative file names are relative to `folder`, that of the
    // settings file.
    struct Context {
        std::filesystem::path folder;
        std::vector<Problem>& problems;
        std::string unknown = "is not a setting we know";  // Said of a key that nobody reads.
    };

    Section(const nlohmann::json& json, std::string path, Context& context);

    bool has(const char* key);
    // The member is there and a list: for members that may be a name or a list.
    bool holds_list(const char* key);
    void need_text(const char* key, std::string& into);
    void may_have_text(const char* key, std::string& into);
    // The same, where "" has a meaning.
    void may_have_any_text(const char* key, std::string& into);
    void may_have_bool(const char* key, bool& into);
    void need_integer(const char* key, std::int64_t& into, std::int64_t least, std::int64_t most);
    void may_have_integer(const char* key, std::int64_t& into, std::int64_t least,
                          std::int64_t most);
    void may_have_seconds(const char* key, std::chrono::milliseconds& into, std::int64_t least,
                          std::int64_t most);
    void may_have_milliseconds(const char* key, std::chrono::milliseconds& into, std::int64_t least,
                               std::int64_t most);
    void may_have_listen_address(const char* key, ListenAddress& into);
    // http:// or https:// with a host, no user name, no query, no fragment; without a final '/'.
    void need_url(const char* key, std::string& into);
    void may_have_url(const char* key, std::string& into);
    // One of `allowed`.
    void need_choice(const char* key, std::string& into, const std::vector<std::string>& allowed);
    void may_have_choice(const char* key, std::string& into,
                         const std::vector<std::string>& allowed);
    void need_texts(const char* key, std::vector<std::string>& into);
    void may_have_texts(const char* key, std::vector<std::string>& into);
    void may_have_seconds_list(const char* key, std::vector<std::chrono::milliseconds>& into);
    // {"file": "…"} (readable by us alone) or {"env": "…"}. Surrounding white space is cut off.
    void need_secret(const char* key, Secret& into);
    void need_secrets(const char* key, std::vector<Secret>& into);
    // The same forms for what everyone may read, such as a public key.
    void need_public_text(const char* key, std::string& into);
    void need_public_texts(const char* key, std::vector<std::string>& into);
    // A file's path, made absolute; the file need not exist.
    void need_path(const char* key, std::string& into);
    void may_have_path(const char* key, std::string& into);

    Section child(const char* key);
    // One section a member of the list; empty when there is none.
    std::vector<Section> need_children(const char* key);
    std::vector<Section> may_have_children(const char* key);

    void problem_at(const char* key, std::string what);
    void finish();

private:
    enum class Readers { owner_only, everyone };

    const nlohmann::json* find(const char* key);
    const nlohmann::json* need(const char* key);
    std::vector<Section> children(const nlohmann::json* list, const char* key);
    void read_texts(const nlohmann::json& list, const char* key, std::vector<std::string>& into);
    std::optional<std::string> read_source(const nlohmann::json& source, const std::string& where,
                                           Readers readers);
    std::string path_of(std::string_view key) const;
    void problem(std::string where, std::string what);

    const nlohmann::json* json_;
    std::string path_;
    Context* context_;
    std::set<std::string, std::less<>> read_;
};

// The whole text of a file. Errors: not_found, unavailable; invalid_argument beyond bytes_max.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t bytes_max);

}  // namespace tollgate::config
