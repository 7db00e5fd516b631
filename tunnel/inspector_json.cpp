#include "tunnel/inspector_json.h"

#include <utility>

#include "base/charset.h"
#include "base/time_text.h"
#include "base/utf8.h"
#include "signing/digest.h"
#include "tunnel/card_mask.h"

namespace tollgate::tunnel {
namespace {

constexpr std::size_t kShownTargetMax = 300;

std::string shown(std::string_view text, bool reveal) {
    return reveal ? std::string(text) : with_cards_masked(text);
}

Json headers_json(const transport::HeaderList& headers, bool reveal) {
    Json list = Json::array();
    for (const auto& [name, value] : headers) list.push_back({name, shown(value, reveal)});
    return list;
}

// Text where it is text, else a hex dump.
Json body_json(std::string_view body, std::size_t whole_bytes, bool reveal) {
    const std::string_view start = body.substr(0, kShownBytesMax);
    Json json{{"bytes", whole_bytes}, {"cut", start.size() < whole_bytes}};
    if (is_utf8(body)) {
        json["text"] = shown(start, reveal);
        return json;
    }
    std::string dump;
    for (const std::string& line : hex_dump(start.substr(0, kShownBytesMax / 4)))
        dump += line + "\n";
    json["hex"] = std::move(dump);
    if (const auto text = to_utf8(start, "gbk")) json["gbk"] = shown(*text, reveal);
    return json;
}

Json step_json(const Exchange& exchange, const signing::Fields& fields) {
    const ResendStep step = resend_step_of(exchange, fields);
    Json json{{"number", step.number},
              {"of", kResendsMax},
              {"at_once", step.at_once},
              {"overdue", step.overdue}};
    if (step.next_after) {
        Timestamp first = exchange.first_received_at;
        const auto told = signing::find(fields, "notify_time");
        const auto told_at = told ? parse_beijing(*told) : Error(ErrorCode::not_found, "no time");
        if (told_at && *told_at < first) first = *told_at;
        json["next_at"] = to_rfc3339(first + *step.next_after);
    }
    return json;
}

void add_facts(Json& json, const Exchange& exchange, const Verdict& verdict,
               const signing::Fields& fields) {
    for (const char* name : {"total_amount", "refund_fee", "out_trade_no", "trade_no",
                             "trade_status", "notify_id", "msg_method", "subject"}) {
        if (const auto value = signing::find(fields, name)) json[name] = *value;
    }
    if (verdict.kind == CallbackKind::notification) json["step"] = step_json(exchange, fields);
}

Json verdict_json(const Verdict& verdict) {
    return {{"signature", name_of(verdict.signature)},
            {"code", verdict.code},
            {"reason", verdict.reason},
            {"key", verdict.key}};
}

Json attempt_json(const Attempt& attempt, bool reveal) {
    return {{"number", attempt.number},
            {"began_at", to_rfc3339(attempt.began_at)},
            {"duration_ms", attempt.duration.count()},
            {"status", attempt.status},
            {"error", attempt.error},
            {"headers", headers_json(attempt.headers, reveal)},
            {"body", body_json(attempt.body_start, attempt.body_bytes, reveal)}};
}

}  // namespace

Json summary_of(const Exchange& exchange, const Verdict& verdict) {
    const Callback& callback = exchange.callback;
    const Attempt* const last = exchange.attempts.empty() ? nullptr : &exchange.attempts.back();
    Json json{{"id", callback.id},
              {"tunnel", exchange.tunnel},
              {"method", callback.method},
              {"target", with_cards_masked(callback.target.substr(0, kShownTargetMax))},
              {"received_at", to_rfc3339(callback.received_at)},
              {"first_received_at", to_rfc3339(exchange.first_received_at)},
              {"sendings", exchange.sendings},
              {"state", name_of(exchange.state)},
              {"attempts", exchange.attempts.size()},
              {"bytes", callback.body.size()},
              {"kind", name_of(verdict.kind)},
              {"verdict", verdict_json(verdict)}};
    if (last != nullptr) {
        json["status"] = last->status;
        json["error"] = last->error;
        json["duration_ms"] = last->duration.count();
    }
    if (exchange.replay_of) json["replay_of"] = *exchange.replay_of;
    if (verdict.kind != CallbackKind::other) {
        add_facts(json, exchange, verdict,
                  readable_fields(callback, verdict.kind).value_or(signing::Fields{}));
    }
    return json;
}

Json page_of(const Exchange& exchange, const Verdict& verdict, std::string curl, bool reveal) {
    const Callback& callback = exchange.callback;
    Json json = summary_of(exchange, verdict);
    json["whole_target"] = shown(callback.target, reveal);
    json["remote_address"] = callback.remote_address;
    json["scheme"] = callback.scheme;
    json["headers"] = headers_json(callback.headers, reveal);
    json["body"] = body_json(callback.body, callback.body.size(), reveal);
    json["sha256"] = signing::sha256_hex(callback.body);
    json["masked"] = !reveal && (with_cards_masked(callback.body) != callback.body ||
                                 with_cards_masked(callback.target) != callback.target);
    json["earlier"] = exchange.earlier.size();
    json["curl"] = std::move(curl);
    if (const auto fields = readable_fields(callback, verdict.kind)) {
        Json list = Json::array();
        for (const auto& [name, value] : *fields) list.push_back({name, shown(value, reveal)});
        json["fields"] = std::move(list);
    }
    Json attempts = Json::array();
    for (const Attempt& attempt : exchange.attempts)
        attempts.push_back(attempt_json(attempt, reveal));
    json["tries"] = std::move(attempts);
    return json;
}

Json to_json(const std::vector<DiffLine>& diff) {
    Json list = Json::array();
    for (const DiffLine& line : diff) {
        const char* const side = line.side == DiffLine::Side::both   ? "both"
                                 : line.side == DiffLine::Side::left ? "left"
                                                                     : "right";
        list.push_back({side, with_cards_masked(line.text)});
    }
    return list;
}

std::string to_text(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace tollgate::tunnel
