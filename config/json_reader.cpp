#include "config/json_reader.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <utility>

#include <sys/stat.h>

#include "config/listen_address.h"

namespace tollgate::config {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kSecretBytesMax = 64 * 1024;

std::string range_text(std::int64_t least, std::int64_t most) {
    return "a whole number from " + std::to_string(least) + " to " + std::to_string(most) +
           " is needed";
}

std::optional<std::int64_t> whole_number(const Json& value, std::int64_t least, std::int64_t most) {
    if (!value.is_number_integer()) return std::nullopt;
    if (value.is_number_unsigned() &&
        value.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX)) {
        return std::nullopt;
    }
    const auto number = value.get<std::int64_t>();
    if (number < least || number > most) return std::nullopt;
    return number;
}

std::string trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return {};
    return std::string(text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1));
}

bool is_plain_url(std::string_view url) {
    const auto scheme = url.starts_with("https://") ? 8U : url.starts_with("http://") ? 7U : 0U;
    if (scheme == 0 || url.size() <= scheme) return false;
    const auto host = url.substr(scheme, url.find('/', scheme) - scheme);
    if (host.empty() || host.find('@') != std::string_view::npos) return false;
    return std::ranges::all_of(url, [](char c) {
        return c > ' ' && c < 0x7F && c != '?' && c != '#' && c != '"' && c != '\\';
    });
}

// Notes two members of one name while the parser runs; it would keep the last one silently.
class DuplicateFinder {
public:
    explicit DuplicateFinder(std::vector<Problem>& problems) : problems_(problems) {}

    bool operator()(int depth, Json::parse_event_t event, Json& parsed) {
        // Whoever walks the value later does so recursively.
        if (depth > kDepthMax) {
            if (problems_.empty() || problems_.back().what != kTooDeep) {
                problems_.push_back({.where = "/", .what = kTooDeep});
            }
            return false;
        }
        switch (event) {
            case Json::parse_event_t::object_start: open_.emplace_back(); break;
            case Json::parse_event_t::object_end: open_.pop_back(); break;
            case Json::parse_event_t::key: {
                const auto& key = parsed.get_ref<const std::string&>();
                if (!open_.back().insert(key).second) {
                    problems_.push_back({.where = "/", .what = "\"" + key + "\" stands twice"});
                }
                break;
            }
            case Json::parse_event_t::array_start:
            case Json::parse_event_t::array_end:
            case Json::parse_event_t::value: break;
        }
        return true;
    }

private:
    static constexpr int kDepthMax = 32;
    static constexpr const char* kTooDeep = "is nested more than 32 levels deep";

    std::vector<Problem>& problems_;
    std::vector<std::set<std::string>> open_;
};

}  // namespace

std::string to_text(const std::vector<Problem>& problems) {
    std::string text;
    for (const Problem& problem : problems) text += problem.where + ": " + problem.what + "\n";
    return text;
}

std::optional<ListenAddress> read_listen_address(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    std::string_view host = text.substr(0, colon);
    const std::string_view port = text.substr(colon + 1);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    int number = -1;
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    const bool whole = error == std::errc() && end == port.data() + port.size();
    if (host.empty() || !whole || number < 0 || number > 65'535) return std::nullopt;
    return ListenAddress{.address = std::string(host), .port = number};
}

std::optional<Json> parse_json(std::string_view text, Comments comments,
                               std::vector<Problem>& problems) {
    const std::size_t known_before = problems.size();
    try {
        auto json =
            Json::parse(text, DuplicateFinder(problems), true, comments == Comments::allowed);
        if (problems.size() != known_before) return std::nullopt;
        return json;
    } catch (const Json::parse_error& error) {
        const auto line =
            1 + std::count(
                    text.begin(),
                    text.begin() + static_cast<std::ptrdiff_t>(std::min(error.byte, text.size())),
                    '\n');
        problems.push_back(
            {.where = "/", .what = "is not JSON (line " + std::to_string(line) + ")"});
        return std::nullopt;
    } catch (const Json::exception&) {
        problems.push_back({.where = "/", .what = "holds a number that cannot be read"});
        return std::nullopt;
    }
}

Section::Section(const Json& json, std::string path, Context& context)
    : json_(&json), path_(std::move(path)), context_(&context) {
    if (!json_->is_object()) problem(path_.empty() ? "/" : path_, "an object is needed");
}

bool Section::has(const char* key) {
    return find(key) != nullptr;
}

bool Section::holds_list(const char* key) {
    const Json* value = find(key);
    return value != nullptr && value->is_array();
}

void Section::need_text(const char* key, std::string& into) {
    if (need(key) != nullptr) may_have_text(key, into);
}

void Section::may_have_text(const char* key, std::string& into) {
    const Json* value = find(key);
    if (value == nullptr) return;
    if (!value->is_string() || value->get_ref<const std::string&>().empty()) {
        return problem(path_of(key), "a text that is not empty is needed");
    }
    into = value->get<std::string>();
}

void Section::may_have_any_text(const char* key, std::string& into) {
    const Json* value = find(key);
    if (value == nullptr) return;
    if (!value->is_string()) return problem(path_of(key), "a text is needed");
    into = value->get<std::string>();
}

void Section::may_have_bool(const char* key, bool& into) {
    const Json* value = find(key);
    if (value == nullptr) return;
    if (!value->is_boolean()) return problem(path_of(key), "true or false is needed");
    into = value->get<bool>();
}

void Section::need_integer(const char* key, std::int64_t& into, std::int64_t least,
                           std::int64_t most) {
    if (need(key) != nullptr) may_have_integer(key, into, least, most);
}

void Section::may_have_integer(const char* key, std::int64_t& into, std::int64_t least,
                               std::int64_t most) {
    const Json* value = find(key);
    if (value == nullptr) return;
    const auto number = whole_number(*value, least, most);
    if (!number) return problem(path_of(key), range_text(least, most));
    into = *number;
}

void Section::may_have_seconds(const char* key, std::chrono::milliseconds& into, std::int64_t least,
                               std::int64_t most) {
    std::int64_t seconds = into.count() / 1000;
    may_have_integer(key, seconds, least, most);
    into = std::chrono::seconds(seconds);
}

void Section::may_have_milliseconds(const char* key, std::chrono::milliseconds& into,
                                    std::int64_t least, std::int64_t most) {
    std::int64_t milliseconds = into.count();
    may_have_integer(key, milliseconds, least, most);
    into = std::chrono::milliseconds(milliseconds);
}

void Section::may_have_listen_address(const char* key, ListenAddress& into) {
    const Json* value = find(key);
    if (value == nullptr) return;
    const auto address = value->is_string()
                             ? read_listen_address(value->get_ref<const std::string&>())
                             : std::nullopt;
    if (!address) return problem(path_of(key), R"(an address such as "127.0.0.1:8600" is needed)");
    into = *address;
}

void Section::need_url(const char* key, std::string& into) {
    if (need(key) != nullptr) may_have_url(key, into);
}

void Section::may_have_url(const char* key, std::string& into) {
    const Json* value = find(key);
    if (value == nullptr) return;
    if (!value->is_string() || !is_plain_url(value->get_ref<const std::string&>())) {
        return problem(path_of(key), "an http:// or https:// address without a query is needed");
    }
    into = value->get<std::string>();
    if (into.ends_with('/')) into.pop_back();
}

void Section::need_choice(const char* key, std::string& into,
                          const std::vector<std::string>& allowed) {
    if (need(key) != nullptr) may_have_choice(key, into, allowed);
}

void Section::may_have_choice(const char* key, std::string& into,
                              const std::vector<std::string>& allowed) {
    const Json* value = find(key);
    if (value == nullptr) return;
    if (value->is_string() &&
        std::ranges::find(allowed, value->get<std::string>()) != allowed.end()) {
        into = value->get<std::string>();
        return;
    }
    std::string list;
    for (const std::string& choice : allowed) list += (list.empty() ? "" : ", ") + choice;
    problem(path_of(key), "one of these is needed: " + list);
}

void Section::need_texts(const char* key, std::vector<std::string>& into) {
    const Json* list = need(key);
    if (list == nullptr) return;
    read_texts(*list, key, into);
    if (list->is_array() && list->empty()) problem(path_of(key), "at least one is needed");
}

void Section::may_have_texts(const char* key, std::vector<std::string>& into) {
    if (const Json* list = find(key)) read_texts(*list, key, into);
}

void Section::read_texts(const Json& list, const char* key, std::vector<std::string>& into) {
    if (!list.is_array()) return problem(path_of(key), "a list of texts is needed");
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (!list[i].is_string() || list[i].get_ref<const std::string&>().empty()) {
            problem(path_of(key) + "/" + std::to_string(i), "a text that is not empty is needed");
        } else {
            texts.push_back(list[i].get<std::string>());
        }
    }
    into = std::move(texts);
}

void Section::may_have_seconds_list(const char* key, std::vector<std::chrono::milliseconds>& into) {
    const Json* list = find(key);
    if (list == nullptr) return;
    if (!list->is_array()) return problem(path_of(key), "a list of seconds is needed");
    constexpr std::int64_t kSecondsMax = 7 * 86'400;
    std::vector<std::chrono::milliseconds> waits;
    for (std::size_t i = 0; i < list->size(); ++i) {
        if (const auto number = whole_number((*list)[i], 0, kSecondsMax)) {
            waits.emplace_back(std::chrono::seconds(*number));
        } else {
            problem(path_of(key) + "/" + std::to_string(i), range_text(0, kSecondsMax));
        }
    }
    into = std::move(waits);
}

void Section::need_secret(const char* key, Secret& into) {
    const Json* source = need(key);
    if (source == nullptr) return;
    if (auto text = read_source(*source, path_of(key), Readers::owner_only)) {
        into = Secret(std::move(*text));
    }
}

void Section::need_secrets(const char* key, std::vector<Secret>& into) {
    const Json* list = need(key);
    if (list == nullptr) return;
    if (!list->is_array() || list->empty()) {
        return problem(path_of(key), R"(a list of {"file": …} or {"env": …} is needed)");
    }
    for (std::size_t i = 0; i < list->size(); ++i) {
        auto text =
            read_source((*list)[i], path_of(key) + "/" + std::to_string(i), Readers::owner_only);
        if (text) into.emplace_back(std::move(*text));
    }
}

void Section::need_public_text(const char* key, std::string& into) {
    const Json* source = need(key);
    if (source == nullptr) return;
    if (auto text = read_source(*source, path_of(key), Readers::everyone)) into = std::move(*text);
}

void Section::need_public_texts(const char* key, std::vector<std::string>& into) {
    const Json* list = need(key);
    if (list == nullptr) return;
    if (!list->is_array() || list->empty()) {
        return problem(path_of(key), R"(a list of {"file": …} or {"env": …} is needed)");
    }
    for (std::size_t i = 0; i < list->size(); ++i) {
        auto text =
            read_source((*list)[i], path_of(key) + "/" + std::to_string(i), Readers::everyone);
        if (text) into.push_back(std::move(*text));
    }
}

void Section::need_path(const char* key, std::string& into) {
    if (need(key) != nullptr) may_have_path(key, into);
}

void Section::may_have_path(const char* key, std::string& into) {
    std::string path;
    may_have_text(key, path);
    if (!path.empty()) into = (context_->folder / path).lexically_normal().string();
}

Section Section::child(const char* key) {
    static const Json kEmpty = Json::object();
    const Json* value = find(key);
    return {value == nullptr ? kEmpty : *value, path_of(key), *context_};
}

std::vector<Section> Section::need_children(const char* key) {
    const Json* list = need(key);
    if (list != nullptr && list->is_array() && list->empty()) {
        problem(path_of(key), "at least one is needed");
    }
    return children(list, key);
}

std::vector<Section> Section::may_have_children(const char* key) {
    return children(find(key), key);
}

std::vector<Section> Section::children(const Json* list, const char* key) {
    std::vector<Section> sections;
    if (list == nullptr) return sections;
    if (!list->is_array()) {
        problem(path_of(key), "a list is needed");
        return sections;
    }
    for (std::size_t i = 0; i < list->size(); ++i) {
        sections.emplace_back((*list)[i], path_of(key) + "/" + std::to_string(i), *context_);
    }
    return sections;
}

void Section::problem_at(const char* key, std::string what) {
    problem(path_of(key), std::move(what));
}

void Section::finish() {
    if (!json_->is_object()) return;
    for (const auto& [key, unused] : json_->items()) {
        if (!read_.contains(key)) problem(path_of(key), context_->unknown);
    }
}

const Json* Section::find(const char* key) {
    read_.insert(key);
    if (!json_->is_object()) return nullptr;
    const auto found = json_->find(key);
    return found == json_->end() ? nullptr : &*found;
}

const Json* Section::need(const char* key) {
    const Json* value = find(key);
    if (value == nullptr && json_->is_object()) problem(path_of(key), "is missing");
    return value;
}

std::optional<std::string> Section::read_source(const Json& source, const std::string& where,
                                                Readers readers) {
    const bool one_member = source.is_object() && source.size() == 1;
    const std::string kind = one_member ? source.begin().key() : "";
    if ((kind != "file" && kind != "env") || !source.begin()->is_string()) {
        problem(where, R"({"file": "…"} or {"env": "…"} is needed)");
        return std::nullopt;
    }
    const auto name = source.begin()->get<std::string>();
    const std::string at = where + "/" + kind;
    if (kind == "env") {
        // Settings are read before any other thread starts.
        const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe)
        if (value != nullptr && !trimmed(value).empty()) return trimmed(value);
        problem(at, "the environment has no " + name);
        return std::nullopt;
    }
    const std::filesystem::path path = context_->folder / name;
    struct stat status {};
    if (readers == Readers::owner_only && ::stat(path.c_str(), &status) == 0 &&
        (status.st_mode & 077U) != 0) {
        problem(at, "others can read " + path.string() + ": chmod 600 it");
        return std::nullopt;
    }
    auto text = read_file(path, kSecretBytesMax);
    if (!text) {
        problem(at, text.error().message());
        return std::nullopt;
    }
    std::string inner = trimmed(*text);
    wipe_memory(text->data(), text->size());
    if (inner.empty()) {
        problem(at, path.string() + " is empty");
        return std::nullopt;
    }
    return inner;
}

std::string Section::path_of(std::string_view key) const {
    return path_ + "/" + std::string(key);
}

void Section::problem(std::string where, std::string what) {
    context_->problems.push_back({.where = std::move(where), .what = std::move(what)});
}

Result<std::string> read_file(const std::filesystem::path& path, std::size_t bytes_max) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return Error(ErrorCode::not_found, "cannot read " + path.string());
    std::string text;
    text.resize(bytes_max + 1);
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (file.bad()) return Error(ErrorCode::unavailable, "cannot read " + path.string());
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > bytes_max) {
        return Error(ErrorCode::invalid_argument,
                     path.string() + " is larger than " + std::to_string(bytes_max) + " bytes");
    }
    return text;
}

}  // namespace tollgate::config
