#include "tunnel/inspector.h"

#include <array>
#include <charconv>
#include <deque>
#include <map>
#include <tuple>

#include "base/utf8.h"
#include "signing/base64.h"
#include "signing/digest.h"
#include "signing/form.h"
#include "transport/front.h"
#include "tunnel/compare.h"
#include "tunnel/curl_text.h"
#include "tunnel/inspector_json.h"
#include "tunnel/pages.h"

namespace tollgate::tunnel {
namespace {

using std::chrono::milliseconds;
using transport::ServerRequest;
using transport::ServerResponse;
using transport::Ticket;

constexpr std::string_view kInspectorListener = "inspector";
constexpr milliseconds kInspectorPatience{1'000};
constexpr std::size_t kListedMax = 60;
constexpr std::size_t kVerdictsMax = 4'000;
constexpr std::size_t kSearchBytesMax = 200;

// Nothing from elsewhere, nothing inline, nobody around it.
constexpr std::string_view kPolicy =
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

ServerResponse guarded(int status, std::string_view type, std::string body) {
    return {.status = status,
            .content_type = std::string(type),
            .body = std::move(body),
            .headers = {{"Content-Security-Policy", std::string(kPolicy)},
                        {"X-Content-Type-Options", "nosniff"},
                        {"Referrer-Policy", "no-referrer"},
                        {"Cross-Origin-Resource-Policy", "same-origin"},
                        {"Cross-Origin-Opener-Policy", "same-origin"},
                        {"Cache-Control", "no-store"}}};
}

ServerResponse json_answer(int status, const Json& json) {
    return guarded(status, "application/json", to_text(json) + "\n");
}

ServerResponse refusal(int status, std::string_view code, std::string_view message) {
    return json_answer(status, {{"code", code}, {"message", message}});
}

ServerResponse refusal(const Error& error) {
    switch (error.code()) {
        case ErrorCode::not_found: return refusal(404, "not_found", error.message());
        case ErrorCode::invalid_argument: return refusal(400, "invalid", error.message());
        case ErrorCode::unavailable: return refusal(503, "unavailable", error.message());
        case ErrorCode::unauthenticated:
        case ErrorCode::permission_denied:
        case ErrorCode::conflict:
        case ErrorCode::stale_version:
        case ErrorCode::failed_precondition:
        case ErrorCode::rate_limited:
        case ErrorCode::outcome_unknown:
        case ErrorCode::data_corruption:
        case ErrorCode::internal: break;
    }
    return refusal(500, "internal", error.message());
}

Error invalid(std::string message) {
    return {ErrorCode::invalid_argument, std::move(message)};
}

template <typename Number>
std::optional<Number> whole_number(std::string_view text) {
    Number number{};
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

Result<std::uint64_t> read_id(std::string_view text) {
    const auto id = whole_number<std::uint64_t>(text);
    if (id && *id > 0) return *id;
    return invalid("an exchange's number is needed");
}

// As a form spells it; empty when that is the same.
std::string as_in_a_form(const std::string& text) {
    std::string encoded = signing::percent_encode(text);
    for (std::size_t at = encoded.find("%20"); at != std::string::npos;
         at = encoded.find("%20", at)) {
        encoded.replace(at, 3, "+");
    }
    return encoded == text ? "" : encoded;
}

// What the page asks the list for.
struct Question {
    std::uint64_t before = 0;
    std::string known_version;
    ExchangeFilter filter;
};

Result<Question> read_question(std::string_view query) {
    TOLLGATE_TRY(const auto fields, signing::decode_form(query));
    Question question;
    for (const auto& [name, value] : fields) {
        if (value.empty()) continue;
        if (name == "known_version") {
            question.known_version = value;
        } else if (name == "before") {
            TOLLGATE_TRY(question.before, read_id(value));
        } else if (name == "q") {
            if (value.size() > kSearchBytesMax) return invalid("q: the text is too long");
            question.filter.text = value;
            question.filter.text_encoded = as_in_a_form(value);
        } else if (name == "state") {
            question.filter.state = exchange_state_from(value);
            if (!question.filter.state) return invalid("state: waiting, answered or dropped");
        } else if (name == "status") {
            question.filter.status = whole_number<int>(value);
            if (!question.filter.status) return invalid("status: a number is needed");
        } else if (name == "tunnel") {
            question.filter.tunnel = value;
        } else {
            return invalid(name.substr(0, 40) + ": is not a question we know");
        }
    }
    return question;
}

// {"host": …, "target": …, "body": text} or {"body_base64": …}; what is left out stays as it was.
Result<Replay> read_replay(std::uint64_t id, std::string_view text) {
    const Json json = Json::parse(text, nullptr, false);
    if (!json.is_object()) return invalid("a JSON object is needed");
    Replay replay{.of = id};
    for (const auto& [name, value] : json.items()) {
        if (!value.is_string()) return invalid(name.substr(0, 40) + ": a text is needed");
        const std::string part = value.get<std::string>();
        if (name == "host") {
            replay.host = part;
        } else if (name == "target") {
            replay.target = part;
        } else if (name == "body") {
            replay.body = part;
        } else if (name == "body_base64") {
            TOLLGATE_TRY(replay.body, signing::from_base64(part));
        } else {
            return invalid(name.substr(0, 40) + ": cannot be edited");
        }
    }
    return replay;
}

class RunningInspector final : public Inspector {
public:
    RunningInspector(InspectorSettings settings, InspectorSeams seams)
        : settings_(std::move(settings)), seams_(std::move(seams)) {
        std::array<std::uint8_t, 8> bytes{};
        seams_.entropy.fill(bytes);
        life_ = signing::to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    }

    Result<Done> build();
    void run() override { front_->run(); }
    void stop() override { front_->stop(kInspectorPatience); }
    int port() const override { return front_->port(kInspectorListener); }

private:
    using Answer = ServerResponse (RunningInspector::*)(const ServerRequest&);
    void add_page(transport::Router& router, const char* path, const char* name, const char* type);
    void add_question(transport::Router& router, const char* method, const char* path,
                      Answer answer);

    ServerResponse list(const ServerRequest& request);
    ServerResponse show(const ServerRequest& request);
    ServerResponse body(const ServerRequest& request);
    ServerResponse replay(const ServerRequest& request);
    ServerResponse compare_two(const ServerRequest& request);
    ServerResponse metrics(const ServerRequest& request);

    Result<Exchange> find(std::string_view id);
    Result<std::vector<std::string>> lines_named(std::string_view name);
    const Verdict& verdict_of(const Callback& callback);
    std::string curl_for(const Exchange& exchange) const;
    std::string version() const { return life_ + "-" + std::to_string(seams_.exchanges.version()); }

    const InspectorSettings settings_;
    const InspectorSeams seams_;
    std::string life_;  // Tells this process's versions from an earlier one's.

    // The one thread's. Verdicts are slow to find, and asked for again and again.
    using Key = std::tuple<std::uint64_t, std::int64_t>;  // Id and time: a re-send has new bytes.
    std::map<Key, Verdict> verdicts_;
    std::deque<Key> verdicts_order_;

    std::unique_ptr<transport::Front> front_;  // Goes first.
};

void RunningInspector::add_page(transport::Router& router, const char* path, const char* name,
                                const char* type) {
    router.add("GET", path, [this, name, type](ServerRequest& request, Ticket ticket) {
        if (const auto refused = refused_at_the_door(request, settings_.door)) {
            return ticket.complete(refusal(refused->status, refused->code, refused->message));
        }
        ticket.complete(guarded(200, type, std::string(page_text(name))));
    });
}

void RunningInspector::add_question(transport::Router& router, const char* method, const char* path,
                                    Answer answer) {
    router.add(method, path, [this, answer](ServerRequest& request, Ticket ticket) {
        if (const auto refused = refused_at_the_desk(request, settings_.door)) {
            return ticket.complete(refusal(refused->status, refused->code, refused->message));
        }
        ticket.complete((this->*answer)(request));
    });
}

Result<Done> RunningInspector::build() {
    const std::string& address = settings_.listen.address;
    if (address != "127.0.0.1" && address != "::1") {
        return Error(ErrorCode::invalid_argument,
                     "the inspector listens on 127.0.0.1 or [::1] alone; from elsewhere come by "
                     "ssh -L or through a proxy with TLS");
    }
    transport::Listener listener{
        .name = std::string(kInspectorListener), .address = address, .port = settings_.listen.port};
    listener.limits.body_bytes_max = kBodyBytesMax * 2;  // As JSON or base64.
    listener.limits.connections_max = 256;
    listener.refusal = [](int status, std::string_view reason) {
        return refusal(status, "refused", reason);
    };
    add_page(listener.router, "/", "inspector.html", "text/html; charset=utf-8");
    add_page(listener.router, "/inspector.css", "inspector.css", "text/css; charset=utf-8");
    add_page(listener.router, "/inspector.js", "inspector.js", "text/javascript; charset=utf-8");
    add_page(listener.router, "/words.js", "words.js", "text/javascript; charset=utf-8");
    add_page(listener.router, "/icon.svg", "icon.svg", "image/svg+xml");
    add_question(listener.router, "GET", "/api/exchanges", &RunningInspector::list);
    add_question(listener.router, "GET", "/api/exchanges/{id}", &RunningInspector::show);
    add_question(listener.router, "GET", "/api/exchanges/{id}/body", &RunningInspector::body);
    add_question(listener.router, "POST", "/api/exchanges/{id}/replay", &RunningInspector::replay);
    add_question(listener.router, "GET", "/api/compare", &RunningInspector::compare_two);
    add_question(listener.router, "GET", "/metrics", &RunningInspector::metrics);
    std::vector<transport::Listener> listeners;
    listeners.push_back(std::move(listener));
    TOLLGATE_TRY(front_, transport::Front::open(std::move(listeners), {.clock = seams_.clock,
                                                                       .entropy = seams_.entropy,
                                                                       .log = seams_.log}));
    return Done{};
}

// --- looking -------------------------------------------------------------------------------------

ServerResponse RunningInspector::list(const ServerRequest& request) {
    const auto question = read_question(request.query);
    if (!question) return refusal(question.error());
    // Before the list: what changes meanwhile is asked for again.
    const std::string version_now = version();
    if (question->known_version == version_now) {
        return json_answer(200, {{"version", version_now}, {"unchanged", true}});
    }
    auto found = seams_.exchanges.list(question->before, question->filter, kListedMax + 1);
    if (!found) return refusal(found.error());
    const bool more = found->size() > kListedMax;
    if (more) found->pop_back();
    Json lines = Json::array();
    for (const Exchange& exchange : *found) {
        lines.push_back(summary_of(exchange, verdict_of(exchange.callback)));
    }
    return json_answer(200, {{"version", version_now},
                             {"exchanges", std::move(lines)},
                             {"more", more},
                             {"keys", settings_.alipay_keys.size()},
                             {"side", settings_.target ? "laptop" : "relay"}});
}

Result<Exchange> RunningInspector::find(std::string_view text) {
    TOLLGATE_TRY(const std::uint64_t id, read_id(text));
    return seams_.exchanges.find(id);
}

ServerResponse RunningInspector::show(const ServerRequest& request) {
    const auto exchange = find(request.captures.at(0));
    if (!exchange) return refusal(exchange.error());
    const bool reveal = request.query == "reveal=1";
    return json_answer(
        200, page_of(*exchange, verdict_of(exchange->callback), curl_for(*exchange), reveal));
}

ServerResponse RunningInspector::body(const ServerRequest& request) {
    auto exchange = find(request.captures.at(0));
    if (!exchange) return refusal(exchange.error());
    // Never as what it says it is: a page that somebody posted must not run here.
    auto answer = guarded(200, "application/octet-stream", std::move(exchange->callback.body));
    answer.headers.emplace_back("Content-Disposition", "attachment; filename=\"callback-" +
                                                           request.captures.at(0) + ".bin\"");
    return answer;
}

const Verdict& RunningInspector::verdict_of(const Callback& callback) {
    const Key key{callback.id, callback.received_at.ms};
    const auto known = verdicts_.find(key);
    if (known != verdicts_.end()) return known->second;
    verdicts_order_.push_back(key);
    if (verdicts_order_.size() > kVerdictsMax) {
        verdicts_.erase(verdicts_order_.front());
        verdicts_order_.pop_front();
    }
    return verdicts_[key] = judge(callback, settings_.alipay_keys);
}

std::string RunningInspector::curl_for(const Exchange& exchange) const {
    const Callback& callback = exchange.callback;
    if (settings_.target) {
        const int attempts = static_cast<int>(exchange.attempts.size());
        return curl_command(local_request({.callback = callback, .attempt = std::max(attempts, 1)},
                                          *settings_.target));
    }
    const auto host = transport::find_header(callback.headers, "Host").value_or("localhost");
    return curl_command(
        {.method = callback.method,
         .url = callback.scheme + "://" + std::string(host) + callback.prefix + callback.target,
         .headers = callback.headers,
         .body = callback.body});
}

// "12" (the newest sending), "12.s1" (an earlier one), "12.a2" (the answer to the second attempt
// of those that are remembered).
Result<std::vector<std::string>> RunningInspector::lines_named(std::string_view name) {
    const std::size_t dot = name.find('.');
    TOLLGATE_TRY(const Exchange exchange, find(name.substr(0, dot)));
    if (dot == std::string_view::npos) return lines_of(exchange.callback);
    const std::string_view part = name.substr(dot + 1);
    const auto number =
        whole_number<std::size_t>(part.substr(std::min<std::size_t>(1, part.size())));
    const Error gone(ErrorCode::not_found, "there is no such sending or answer any more");
    if (!number || *number == 0) return gone;
    if (part.starts_with('s') && *number <= exchange.earlier.size()) {
        return lines_of(exchange.earlier[*number - 1]);
    }
    if (part.starts_with('a') && *number <= exchange.attempts.size()) {
        return lines_of(exchange.attempts[*number - 1]);
    }
    return gone;
}

ServerResponse RunningInspector::compare_two(const ServerRequest& request) {
    const auto fields = signing::decode_form(request.query);
    if (!fields) return refusal(fields.error());
    const auto left = lines_named(signing::find(*fields, "left").value_or(""));
    if (!left) return refusal(left.error());
    const auto right = lines_named(signing::find(*fields, "right").value_or(""));
    if (!right) return refusal(right.error());
    return json_answer(200, {{"lines", to_json(compare(*left, *right))}});
}

ServerResponse RunningInspector::metrics(const ServerRequest& /*request*/) {
    return guarded(200, "text/plain; version=0.0.4; charset=utf-8", seams_.metrics());
}

// --- acting --------------------------------------------------------------------------------------

ServerResponse RunningInspector::replay(const ServerRequest& request) {
    // No form and no script of another site can send this type without asking us first.
    const auto type = request.header("Content-Type").value_or("");
    if (!type.starts_with("application/json")) {
        return refusal(415, "json_needed", "Content-Type: application/json is needed");
    }
    const auto id = read_id(request.captures.at(0));
    if (!id) return refusal(id.error());
    const auto wish = read_replay(*id, request.body);
    if (!wish) return refusal(wish.error());
    const auto fresh = seams_.exchanges.replay(*wish);
    if (!fresh) return refusal(fresh.error());
    std::string edited;
    if (wish->host) edited += " host";
    if (wish->target) edited += " target";
    if (wish->body) edited += " body";
    seams_.log.info("tunnel.replayed", {{"id", static_cast<std::int64_t>(*fresh)},
                                        {"of", static_cast<std::int64_t>(*id)},
                                        {"edited", edited.empty() ? "" : edited.substr(1)},
                                        {"remote", request.remote_address}});
    if (seams_.say) {
        seams_.say("replay of " + std::to_string(*id) + " as " + std::to_string(*fresh) +
                   (edited.empty() ? "" : ", edited:" + edited));
    }
    return json_answer(202, {{"id", *fresh}});
}

}  // namespace

Result<std::unique_ptr<Inspector>> Inspector::open(InspectorSettings settings,
                                                   InspectorSeams seams) {
    auto inspector = std::make_unique<RunningInspector>(std::move(settings), std::move(seams));
    TOLLGATE_DO(inspector->build());
    return std::unique_ptr<Inspector>(std::move(inspector));
}

}  // namespace tollgate::tunnel
