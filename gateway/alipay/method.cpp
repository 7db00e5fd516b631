#include "gateway/alipay/method.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/check.h"

namespace tollgate::gateway {
namespace {

using Kind = AnswerKind;

// What the gateway itself says, of any method (protocol notes 9.0).
constexpr std::array kGatewayCodes = {
    CodeRule{"app-call-limited method-call-limited app-auth-invoke-limit exceed-api-balance",
             Kind::wait, "too many calls: slow down, then send it again"},
    CodeRule{"invalid-signature", Kind::refused,
             "our signature does not match the public key that Alipay has of the app: compare the "
             "key pair, and sandbox with production"},
    CodeRule{"missing-signature-config", Kind::refused,
             "the app has no public key at Alipay yet: upload it in the console"},
    CodeRule{"invalid-app-id", Kind::refused,
             "Alipay has no such app here: compare app_id, and sandbox with production"},
    CodeRule{"invalid-timestamp illegal-timestamp", Kind::refused,
             "our clock and Alipay's differ too much: set this machine's clock"},
    CodeRule{"missing-encrypt-key invalid-encrypt decryption-error-*", Kind::refused,
             "content encryption: the key here is not the one in Alipay's console, or is switched "
             "on at one side only"},
    CodeRule{"app-cert-expired app-cert-not-exist missing-app-cert-sn missing-alipay-root-cert-sn "
             "invalid-alipay-root-cert-sn alipay-cert-not-exist",
             Kind::refused, "the app's certificates here are not those that Alipay knows"},
    CodeRule{"insufficient-isv-permissions insufficient-user-permissions self-invoke-forbidden "
             "forbidden-api not-online-app",
             Kind::refused, "the app has no contract or permission for this method"},
    CodeRule{"invalid-auth-token auth-token-time-out invalid-app-auth-token "
             "invalid-app-auth-token-no-api app-auth-token-time-out no-product-reg-by-partner",
             Kind::refused, "the merchant's authorisation of the app is missing or over: renew it"},
};

constexpr std::string_view kRefusedByBusiness = "Alipay refused it; its message says why";
constexpr std::string_view kRefusedByGateway = "the gateway refused the request as it was sent";

bool code_matches(std::string_view codes, std::string_view code) {
    while (!codes.empty()) {
        const auto end = std::min(codes.find(' '), codes.size());
        const std::string_view one = codes.substr(0, end);
        if (one == code) return true;
        if (one.ends_with('*') && code.starts_with(one.substr(0, one.size() - 1))) return true;
        codes.remove_prefix(std::min(end + 1, codes.size()));
    }
    return false;
}

const CodeRule* find_rule(std::span<const CodeRule> rules, std::string_view code) {
    const auto found = std::ranges::find_if(
        rules, [&](const CodeRule& rule) { return code_matches(rule.codes, code); });
    return found == rules.end() ? nullptr : &*found;
}

bool is_system_error(std::string_view plain) {
    return plain.ends_with("SYSTEM_ERROR") || plain == "UNKNOWN_ERROR" || plain == "unknow-error";
}

Sorted by_sub_code(const Method& method, std::string_view code, std::string_view plain) {
    if (const CodeRule* rule = find_rule(method.codes, plain)) return {rule->kind, rule->meaning};
    if (const CodeRule* rule = find_rule(kGatewayCodes, plain)) return {rule->kind, rule->meaning};
    if (code == "40004") return {Kind::refused, kRefusedByBusiness};
    for (const std::string_view refused : {"20001", "40001", "40002", "40003", "40006"}) {
        if (code == refused) return {Kind::refused, kRefusedByGateway};
    }
    return {Kind::unknown, "a code that is in no document"};
}

std::vector<const Method*> collect() {
    std::vector<const Method*> all;
    for (const auto group :
         {creating_methods(), trade_methods(), fund_methods(), other_methods()}) {
        for (const Method& method : group) all.push_back(&method);
    }
    return all;
}

}  // namespace

std::span<const Method* const> alipay_methods() {
    static const std::vector<const Method*> kAll = collect();
    return kAll;
}

const Method* find_method(std::string_view name) {
    const auto all = alipay_methods();
    const auto found = std::ranges::find(all, name, &Method::name);
    return found == all.end() ? nullptr : *found;
}

std::string v3_path(const Method& method) {
    std::string path = "/v3/" + std::string(method.name);
    std::ranges::replace(path, '.', '/');
    return path;
}

std::string node_name(const Method& method) {
    std::string name(method.name);
    std::ranges::replace(name, '.', '_');
    return name + "_response";
}

Sorted sort_answer(const Method& method, bool is_signed, std::string_view code,
                   std::string_view sub_code) {
    if (!is_signed && !(method.unsigned_success && code == "10000")) {
        return {Kind::unknown, "not signed: it proves nothing, so ask before anything else"};
    }
    const std::string_view plain = plain_code(sub_code);
    if (code == "20000" || is_system_error(plain)) {
        return {Kind::unknown, "Alipay does not know itself whether it happened"};
    }
    if (code == "10000" || (code.empty() && method.bare_success && sub_code.empty())) {
        return {Kind::done, "handled"};
    }
    if (code == "10003") return {Kind::wait, "the buyer has yet to confirm it on the phone"};
    if (code == "40005") return {Kind::wait, kGatewayCodes.front().meaning};
    return by_sub_code(method, code, plain);
}

std::string_view plain_code(std::string_view sub_code) {
    for (const std::string_view prefix : {"aop.", "isp.", "isv."}) {
        if (sub_code.starts_with(prefix)) sub_code.remove_prefix(prefix.size());
    }
    for (const std::string_view prefix : {"ACQ.", "AQC."}) {
        if (sub_code.starts_with(prefix)) sub_code.remove_prefix(prefix.size());
    }
    return sub_code;
}

std::string_view name_of(AnswerKind kind) {
    switch (kind) {
        case Kind::done: return "done";
        case Kind::refused: return "refused";
        case Kind::wait: return "wait";
        case Kind::unknown: return "unknown";
    }
    TOLLGATE_CHECK(false);
    return {};
}

std::string_view name_of(Repeat repeat) {
    switch (repeat) {
        case Repeat::harmless: return "harmless";
        case Repeat::same_number: return "same number";
        case Repeat::after_asking: return "after asking";
        case Repeat::never: return "never";
    }
    TOLLGATE_CHECK(false);
    return {};
}

std::string_view name_of(AfterUnknown step) {
    switch (step) {
        case AfterUnknown::repeat: return "repeat";
        case AfterUnknown::query_trade: return "query_trade";
        case AfterUnknown::poll_then_cancel: return "poll_then_cancel";
        case AfterUnknown::repeat_while_told: return "repeat_while_told";
        case AfterUnknown::repeat_same_refund: return "repeat_same_refund";
        case AfterUnknown::ask_operation: return "ask_operation";
        case AfterUnknown::ask_operation_cancel: return "ask_operation_cancel";
        case AfterUnknown::begin_anew: return "begin_anew";
    }
    TOLLGATE_CHECK(false);
    return {};
}

std::string_view meaning_of(AfterUnknown step) {
    switch (step) {
        case AfterUnknown::repeat: return "send it again";
        case AfterUnknown::query_trade:
            return "query by out_trade_no; use no other number before that is settled";
        case AfterUnknown::poll_then_cancel:
            return "query again and again; at the end cancel, right after the last query";
        case AfterUnknown::repeat_while_told:
            return "send it again while retry_flag is Y; after that a person must look";
        case AfterUnknown::repeat_same_refund:
            return "send it again with the same out_request_no and amount, or query the refund "
                   "after 10 s";
        case AfterUnknown::ask_operation:
            return "query the operation, then send it again with the same out_request_no";
        case AfterUnknown::ask_operation_cancel: return "query the operation; at the end cancel it";
        case AfterUnknown::begin_anew: return "get a new code and begin anew";
    }
    TOLLGATE_CHECK(false);
    return {};
}

}  // namespace tollgate::gateway
