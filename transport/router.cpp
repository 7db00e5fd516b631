#include "transport/router.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/utf8.h"
#include "transport/http_text.h"

namespace tollgate::transport {
namespace {

// "/a/b/" has the segments "a", "b" and "".
std::vector<std::string> split_path(std::string_view path) {
    TOLLGATE_CHECK(path.starts_with('/'));
    std::vector<std::string> segments;
    while (!path.empty()) {
        path.remove_prefix(1);
        const std::size_t slash = std::min(path.find('/'), path.size());
        segments.emplace_back(path.substr(0, slash));
        path.remove_prefix(slash);
    }
    return segments;
}

bool is_capture(std::string_view segment) {
    return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

// Decodes each segment by itself. Nothing when an escape is broken.
std::optional<std::vector<std::string>> decoded_segments(std::string_view raw_path) {
    auto segments = split_path(raw_path);
    for (std::string& segment : segments) {
        auto decoded = percent_decoded(segment);
        if (!decoded) return std::nullopt;
        segment = std::move(*decoded);
    }
    return segments;
}

// The path as exact patterns spell it. Nothing when an encoded slash stands in a segment: it is no
// separator, so no exact pattern can mean this path.
std::optional<std::string> plain_path(const std::vector<std::string>& segments) {
    std::string path;
    for (const std::string& segment : segments) {
        if (segment.find('/') != std::string::npos) return std::nullopt;
        path += '/';
        path += segment;
    }
    return path;
}

// What the {…} segments match, or nothing when the path is not of this form.
std::optional<std::vector<std::string>> captures_of(const std::vector<std::string>& pattern,
                                                    const std::vector<std::string>& path) {
    if (pattern.size() != path.size()) return std::nullopt;
    std::vector<std::string> captures;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (!pattern[i].empty()) {
            if (pattern[i] != path[i]) return std::nullopt;
            continue;
        }
        if (path[i].empty() || !is_utf8(path[i])) return std::nullopt;
        captures.push_back(path[i]);
    }
    return captures;
}

}  // namespace

const Router::Answering* Router::answering(const Methods& handlers, std::string_view method) {
    auto found = handlers.find(std::string(method));
    if (found == handlers.end() && method == "HEAD") found = handlers.find("GET");
    return found == handlers.end() ? nullptr : &found->second;
}

std::string Router::names_of(const Methods& handlers) {
    std::vector<std::string> names;
    for (const auto& entry : handlers) names.push_back(entry.first);
    if (handlers.contains("GET") && !handlers.contains("HEAD")) names.emplace_back("HEAD");
    std::ranges::sort(names);
    std::string list;
    for (const std::string& name : names) {
        if (!list.empty()) list += ", ";
        list += name;
    }
    return list;
}

void Router::add(std::string method, std::string_view pattern, Handler handler) {
    auto segments = split_path(pattern);
    const bool exact = std::ranges::none_of(segments, is_capture);
    Route* route = nullptr;
    if (exact) {
        route = &exact_[std::string(pattern)];
    } else {
        // An empty literal segment would read as a capture.
        TOLLGATE_CHECK(std::ranges::none_of(segments, &std::string::empty));
        for (std::string& segment : segments) {
            if (is_capture(segment)) segment.clear();
        }
        const auto known = std::ranges::find(patterns_, segments, &Route::segments);
        route = known != patterns_.end() ? &*known : &patterns_.emplace_back();
    }
    route->segments = std::move(segments);
    RouteMeter& meter =
        *meters_.emplace_back(std::make_shared<RouteMeter>(method, std::string(pattern)));
    const bool added =
        route->handlers.emplace(std::move(method), Answering{std::move(handler), &meter}).second;
    TOLLGATE_CHECK(added);  // Two handlers for one route: which one would answer?
}

void Router::add_fallback(Handler handler) {
    TOLLGATE_CHECK(!fallback_);
    fallback_ = std::move(handler);
}

Router::Match Router::match(std::string_view method, std::string_view raw_path) const {
    if (!raw_path.starts_with('/')) return {};
    const Route* route = nullptr;
    std::vector<std::string> captures;
    if (const auto exact = exact_.find(std::string(raw_path)); exact != exact_.end()) {
        route = &exact->second;
    } else if (const auto segments = decoded_segments(raw_path)) {
        const auto plain = plain_path(*segments);
        const auto spelled = plain ? exact_.find(*plain) : exact_.end();
        if (spelled != exact_.end()) route = &spelled->second;
        for (std::size_t i = 0; i < patterns_.size() && route == nullptr; ++i) {
            auto found = captures_of(patterns_[i].segments, *segments);
            if (!found) continue;
            route = &patterns_[i];
            captures = std::move(*found);
        }
    }
    if (route == nullptr) {
        if (!fallback_) return {};
        return {.outcome = Outcome::found,
                .handler = &fallback_,
                .captures = {},
                .allowed_methods = {}};
    }
    const Answering* found = answering(route->handlers, method);
    if (found == nullptr) {
        return {.outcome = Outcome::no_such_method,
                .handler = nullptr,
                .captures = {},
                .allowed_methods = names_of(route->handlers)};
    }
    return {.outcome = Outcome::found,
            .handler = &found->handler,
            .captures = std::move(captures),
            .allowed_methods = {},
            .meter = found->meter};
}

}  // namespace tollgate::transport
