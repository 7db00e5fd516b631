#include "gateway/cli/alipay_call.h"

#include <cstdio>
#include <optional>

#include <unistd.h>
#include <nlohmann/json.hpp>

#include "config/load.h"
#include "gateway/alipay/method.h"
#include "gateway/alipay_client.h"
#include "gateway/cli/exit_code.h"
#include "signing/entropy.h"
#include "transport/curl_client.h"

namespace tollgate::gateway::cli {
namespace {

using Json = nlohmann::ordered_json;

int say(const std::string& text, int code) {
    static_cast<void>(std::fprintf(stderr, "tollgate: %s\n", text.c_str()));
    return code;
}

int say_all(const std::string& file, const std::vector<config::Problem>& problems) {
    static_cast<void>(std::fprintf(stderr, "%s has mistakes:\n%s", file.c_str(),
                                   config::to_text(problems).c_str()));
    return kConfig;
}

bool may_be_called(const Method& method) {
    return method.carrier == Carrier::server && !method.may_change;
}

int refuse(const std::string& name) {
    const Method* const method = find_method(name);
    if (method != nullptr) {
        const std::string route(method->api);
        return say(name + " can change something, so it is not called by hand" +
                       (route.empty() ? "" : ": use " + route),
                   kRefused);
    }
    std::string text = name + " is none of the methods that can be called by hand:";
    for (const Method* known : alipay_methods()) {
        if (may_be_called(*known)) text += "\n  " + std::string(known->name);
    }
    return say(text, kUsage);
}

// The app that is meant; null after saying why there is none.
callbacks::AppRef choose(const callbacks::Apps& apps, const std::string& id) {
    const auto ids = apps.ids();
    if (id.empty() && ids.size() == 1) return apps.find(ids.front());
    const callbacks::AppRef app = id.empty() ? nullptr : apps.find(id);
    if (app == nullptr) {
        std::string text = id.empty() ? "--app is needed; the settings have:"
                                      : "there is no app \"" + id + "\"; the settings have:";
        for (const std::string& known : ids) text += " " + known;
        say(text, kUsage);
    }
    return app;
}

Result<AlipayAnswer> ask(const AlipayClient::Call& call, const config::AlipaySettings& settings) {
    Log log(STDERR_FILENO, system_clock(), LogLevel::error);
    transport::CurlClient http({});
    AlipayClient client(settings, http, system_clock(), signing::openssl_entropy(), log);
    TOLLGATE_TRY(auto prepared, client.prepare(call));
    std::optional<Result<AlipayAnswer>> got;
    client.start(std::move(prepared),
                 [&](Result<AlipayAnswer> answer) { got.emplace(std::move(answer)); });
    while (!got) http.run_once(std::chrono::milliseconds(1'000));
    return *std::move(got);
}

Json to_json(const AlipayAnswer& answer, const Method& method) {
    Json json{{"method", method.name},       {"kind", name_of(answer.kind)},
              {"signed", answer.is_signed},  {"code", answer.code},
              {"sub_code", answer.sub_code}, {"message", answer.message},
              {"meaning", answer.meaning}};
    if (answer.kind == AnswerKind::unknown) json["then"] = meaning_of(method.after_unknown);
    json["answer"] = answer.node;
    return json;
}

int report(const Result<AlipayAnswer>& answer, const Method& method) {
    if (!answer) {
        const bool wrong = answer.error().reason() == "call_not_valid";
        const bool not_sent = answer.error().code() == ErrorCode::unavailable;
        return say(answer.error().message(), wrong ? kUsage : not_sent ? kUnavailable : kRefused);
    }
    constexpr int kIndent = 2;
    constexpr bool kAsciiOnly = false;
    const auto text =
        to_json(*answer, method).dump(kIndent, ' ', kAsciiOnly, Json::error_handler_t::replace);
    std::puts(text.c_str());
    return answer->kind == AnswerKind::done ? kDone : kRefused;
}

}  // namespace

bool AlipayCallOptions::fields_needed() const {
    const Method* const found = find_method(method);
    return found != nullptr && may_be_called(*found);
}

int alipay_call(const AlipayCallOptions& options) {
    if (!options.fields_needed()) return refuse(options.method);
    auto loaded = config::load_file(options.config_file);
    if (const auto* problems = std::get_if<std::vector<config::Problem>>(&loaded)) {
        return say_all(options.config_file, *problems);
    }
    const auto& settings = std::get<config::Settings>(loaded);
    std::vector<config::Problem> problems;
    const auto apps = callbacks::Apps::from(settings.apps, problems);
    if (!apps) return say_all(options.config_file, problems);
    const callbacks::AppRef app = choose(*apps, options.app);
    if (app == nullptr) return kUsage;
    const auto fields = config::parse_json(options.fields, config::Comments::refused, problems);
    if (!fields) return say("standard input: " + config::to_text(problems), kUsage);
    const Method& method = *find_method(options.method);
    return report(ask({.app = app, .method = method.name, .biz_content = *fields}, settings.alipay),
                  method);
}

}  // namespace tollgate::gateway::cli
