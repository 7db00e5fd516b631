#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

// Alipay's methods as data: what goes out, what comes back, and what each failure means for us
// (protocol notes 9). The client checks, sends, sorts and explains by these descriptions alone.
namespace tollgate::gateway {

// Every answer is exactly one of these.
enum class AnswerKind {
    done,     // Signed, code 10000: the call was handled.
    refused,  // Signed, and for good: the same call again changes nothing.
    wait,     // Signed: not now (call limits), not yet (10003), or only asking tells more.
    unknown,  // 20000 or *SYSTEM_ERROR, or unsigned: it may have happened; ask.
};

// What a field of biz_content must be.
enum class WireKind {
    text,       // Without control characters.
    number,     // out_trade_no and its like: letters, digits and underscores.
    subject,    // A text without '/', '=' and '&'.
    amount,     // Yuan with at most two decimals, from 0.01 to 100000000.00.
    duration,   // "90m", "2h", "15d" or "1c"; from a minute to 15 days.
    expiry,     // Beijing time, from a minute to 15 days ahead.
    user_id,    // 2088 and twelve digits.
    auth_code,  // What a payment code on a phone holds.
    bill_date,  // "2026-11-11" or "2026-11".
    choice,
    whole,   // A whole number; `length_max` is the greatest.
    object,  // `length_max` counts bytes, as it does for the next three.
    list,
    texts,      // A list of texts.
    json_text,  // An object, written as a text.
};

struct WireField {
    std::string_view name;
    WireKind kind = WireKind::text;
    std::size_t length_max = 0;  // Characters, where the kind does not say otherwise.
    bool required = false;
    std::string_view choices = {};  // choice: "a b c".
};

struct AnswerField {
    std::string_view name;
    bool required = false;  // A done answer without it is no answer.
};

// Codes that mean the same: "TRADE_NOT_EXIST BEYOND_*", without their prefixes (plain_code).
struct CodeRule {
    std::string_view codes;
    AnswerKind kind = AnswerKind::refused;
    std::string_view meaning;  // For people: what it says and what to do.
};

// How API v3 has the method, if it does. Alipay signs no failure of v3, so none proves anything: a
// question is asked once more over v2 (Repeat::harmless), and the repeat of a call that changes
// something goes over v2. So whatever Alipay refuses ends by a signed word.
enum class Way3 { none, get, post };

enum class Carrier {
    server,   // We call Alipay.
    browser,  // We sign; the buyer's browser carries it (protocol notes 1.4, 1.5).
    app,      // We sign; the app hands it to Alipay's SDK (protocol notes 1.5).
};

// Whether the same call may be made a second time.
enum class Repeat {
    harmless,      // It changes nothing.
    same_number,   // With the same numbers and content it is the same call to Alipay.
    after_asking,  // Only once a query has told what became of the first one.
    never,         // What it is given can be used once.
};

// What to do when nobody can tell whether a call happened (protocol notes 9.0.1).
enum class AfterUnknown {
    repeat,                // The call itself asks.
    query_trade,           // trade.query by out_trade_no; no second number before that is settled.
    poll_then_cancel,      // trade.query again and again; at the end trade.cancel, right after it.
    repeat_while_told,     // While retry_flag is Y; after that a person.
    repeat_same_refund,    // With the same out_request_no and amount, or refund.query after 10 s.
    ask_operation,         // operation.detail.query, then again with the same out_request_no.
    ask_operation_cancel,  // operation.detail.query; at the end operation.cancel.
    begin_anew,            // Nothing of value is at stake: get a new code.
};

struct Method {
    std::string_view name;
    Carrier carrier = Carrier::server;
    Way3 v3 = Way3::none;
    bool may_change = true;
    bool takes_notify_url = false;
    bool fields_on_top = false;     // Its fields are parameters of the request, not biz_content.
    bool bare_success = false;      // A success has no code.
    bool encryptable = true;        // By content encryption, where the app is set to it.
    bool unsigned_success = false;  // Its answer proves itself by its content (a certificate).
    Repeat repeat = Repeat::same_number;
    AfterUnknown after_unknown = AfterUnknown::query_trade;
    std::string_view api;  // Our own route that makes the call; empty: none does yet.
    std::span<const WireField> fields;
    // What must be given, apart from required fields: groups with spaces between, each with its
    // alternatives, each of one or more fields: "out_trade_no|trade_no a+b|c+d".
    std::string_view one_of;
    std::string_view not_both;            // "enable_pay_channels disable_pay_channels"
    std::span<const AnswerField> answer;  // What we read.
    std::span<const CodeRule> codes;
};

// Every method that Tollgate speaks.
std::span<const Method* const> alipay_methods();
// nullptr when it is none of them.
const Method* find_method(std::string_view name);

// "/v3/alipay/trade/query"
std::string v3_path(const Method& method);

// "alipay_trade_query_response"
std::string node_name(const Method& method);

// What an answer with these codes is, and what that means.
struct Sorted {
    AnswerKind kind = AnswerKind::unknown;
    std::string_view meaning;  // Lives for ever.
};
// `code` is the gateway's ("40004"), `sub_code` as it came ("ACQ.TRADE_NOT_EXIST"). An unsigned
// answer is unknown whatever it says: it may be anybody's word. Pure.
Sorted sort_answer(const Method& method, bool is_signed, std::string_view code,
                   std::string_view sub_code);

// The same code however a document spells it: without ACQ., AQC., aop.ACQ. or isp. in front.
std::string_view plain_code(std::string_view sub_code);

std::string_view name_of(AnswerKind kind);
std::string_view name_of(Repeat repeat);
std::string_view name_of(AfterUnknown step);
// A sentence for people.
std::string_view meaning_of(AfterUnknown step);

// The groups of `Method`s that the rooms' tables are made of; for alipay_methods() only.
std::span<const Method> creating_methods();
std::span<const Method> trade_methods();
std::span<const Method> fund_methods();
std::span<const Method> other_methods();

}  // namespace tollgate::gateway
