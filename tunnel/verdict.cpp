#include "tunnel/verdict.h"

#include <algorithm>
#include <filesystem>

#include "base/charset.h"
#include "base/check.h"
#include "base/time_text.h"
#include "config/json_reader.h"
#include "signing/form.h"
#include "signing/notification.h"

namespace tollgate::tunnel {
namespace {

constexpr std::size_t kKeyBytesMax = std::size_t{64} * 1024;

std::string_view query_of(const Callback& callback) {
    const std::size_t mark = callback.target.find('?');
    if (mark == std::string::npos) return {};
    return std::string_view(callback.target).substr(mark + 1);
}

// By what it holds, not by its type: a body that was spoilt on the way must still be recognised.
CallbackKind kind_of(const Callback& callback) {
    const auto holds = [](std::string_view text, std::string_view what) {
        return text.find(what) != std::string_view::npos;
    };
    const std::string_view query = query_of(callback);
    if (callback.method == "GET" && holds(query, "out_trade_no=") && holds(query, "sign=")) {
        return CallbackKind::page_return;
    }
    if (!holds(callback.body, "notify_id") || !holds(callback.body, "sign")) {
        return CallbackKind::other;
    }
    return holds(callback.body, "msg_method") ? CallbackKind::message : CallbackKind::notification;
}

Result<Done> verify(const Callback& callback, CallbackKind kind,
                    const signing::NotificationKeys& keys) {
    const bool by_query = kind == CallbackKind::page_return;
    TOLLGATE_TRY(const auto fields,
                 signing::decode_form(by_query ? query_of(callback) : callback.body));
    return by_query ? signing::verify_return(fields, keys)
                    : signing::verify_notification(fields, keys);
}

}  // namespace

Result<std::vector<NamedKey>> read_alipay_keys(const std::vector<std::string>& files) {
    std::vector<NamedKey> keys;
    for (const std::string& file : files) {
        TOLLGATE_TRY(const std::string text, config::read_file(file, kKeyBytesMax));
        auto key = signing::PublicKey::parse(text);
        if (!key) {
            return Error(ErrorCode::invalid_argument, file + ": " + key.error().message())
                .because(key.error().reason());
        }
        keys.push_back({.name = std::filesystem::path(file).filename(), .key = *std::move(key)});
    }
    return keys;
}

std::string_view name_of(CallbackKind kind) {
    switch (kind) {
        case CallbackKind::notification: return "notification";
        case CallbackKind::message: return "message";
        case CallbackKind::page_return: return "page_return";
        case CallbackKind::other: return "other";
    }
    TOLLGATE_CHECK(false);
}

std::string_view name_of(SignatureState state) {
    switch (state) {
        case SignatureState::good: return "good";
        case SignatureState::bad: return "bad";
        case SignatureState::not_checked: return "not_checked";
    }
    TOLLGATE_CHECK(false);
}

Verdict judge(const Callback& callback, const std::vector<NamedKey>& keys) {
    Verdict verdict{.kind = kind_of(callback)};
    if (verdict.kind == CallbackKind::other || keys.empty()) return verdict;
    signing::NotificationKeys all;
    std::optional<Error> why;
    for (const NamedKey& named : keys) {
        const auto done = verify(callback, verdict.kind, {.alipay = {named.key}});
        if (done) {
            verdict.signature = SignatureState::good;
            verdict.key = named.name;
            return verdict;
        }
        why = done.error();
        all.alipay.push_back(named.key);
    }
    verdict.signature = SignatureState::bad;
    if (verdict.kind == CallbackKind::page_return) {
        verdict.code = why->reason();
        verdict.reason = why->message();
        return verdict;
    }
    signing::Hint hint = signing::explain_notification(callback.body, all, nullptr);
    verdict.code = std::move(hint.code);
    verdict.reason = std::move(hint.text);
    return verdict;
}

std::optional<signing::Fields> readable_fields(const Callback& callback, CallbackKind kind) {
    const bool by_query = kind == CallbackKind::page_return;
    const std::string_view text = by_query ? query_of(callback) : callback.body;
    if (text.empty() || text.find('=') == std::string_view::npos) return std::nullopt;
    if (!by_query) {
        const auto type = transport::find_header(callback.headers, "Content-Type").value_or("");
        const bool is_form = type.find("x-www-form-urlencoded") != std::string_view::npos;
        if (!is_form && kind == CallbackKind::other) return std::nullopt;
    }
    auto fields = signing::decode_form(text);
    if (!fields) return std::nullopt;
    const std::string charset(signing::find(*fields, "charset").value_or("utf-8"));
    for (auto& [name, value] : *fields) value = to_utf8(value, charset).value_or(value);
    return *std::move(fields);
}

ResendStep resend_step_of(const Exchange& exchange, const signing::Fields& fields) {
    const Timestamp now = exchange.callback.received_at;
    auto since = now - exchange.first_received_at;
    // notify_time says more than what we saw ourselves: the first sending may have met nobody.
    if (const auto told = signing::find(fields, "notify_time")) {
        const auto first = parse_beijing(*told);
        if (first) since = std::max(since, now - *first);
    }
    return resend_step(since, exchange.sendings);
}

}  // namespace tollgate::tunnel
