#include "callbacks/event.h"

#include "base/check.h"
#include "base/id.h"
#include "base/log.h"
#include "base/time_text.h"

namespace tollgate::callbacks {
namespace {

std::string payload(std::string_view type, Timestamp now, std::string_view data_members) {
    std::string json = R"({"type":")";
    json += type;
    json += R"(","timestamp":")" + to_rfc3339(now) + R"(","data":{)";
    json += data_members;
    json += "}}";
    return json;
}

}  // namespace

std::optional<std::string_view> event_type_of(ledger::PaymentStatus status) {
    switch (status) {
        case ledger::PaymentStatus::pending:
        case ledger::PaymentStatus::unknown:
        case ledger::PaymentStatus::closing: return std::nullopt;
        case ledger::PaymentStatus::paid: return "payment.paid";
        case ledger::PaymentStatus::finished: return "payment.finished";
        case ledger::PaymentStatus::refunded: return "payment.refunded";
        case ledger::PaymentStatus::closed: return "payment.closed";
        case ledger::PaymentStatus::failed: return "payment.failed";
    }
    TOLLGATE_CHECK(false);
    return std::nullopt;
}

ledger::EventRecord payment_event(std::string_view type, const ledger::Payment& payment,
                                  Timestamp now, Entropy& entropy) {
    return {.id = make_id("evt", now, entropy),
            .app = payment.app,
            .type = std::string(type),
            .payment = payment.row,
            .version = payment.version,
            .payload = payload(type, now, R"("payment":)" + to_json(payment)),
            .created_at = now};
}

ledger::EventRecord refund_event(std::string_view type, const ledger::Refund& refund,
                                 const ledger::Payment& payment, Timestamp now, Entropy& entropy) {
    return {.id = make_id("evt", now, entropy),
            .app = payment.app,
            .type = std::string(type),
            .payment = payment.row,
            .version = payment.version,
            .payload = payload(
                type, now, R"("refund":)" + to_json(refund) + R"(,"payment":)" + to_json(payment)),
            .created_at = now};
}

std::optional<std::string_view> event_type_of(ledger::PreauthStatus status) {
    switch (status) {
        case ledger::PreauthStatus::trying:
        case ledger::PreauthStatus::confirming:
        case ledger::PreauthStatus::cancelling: return std::nullopt;
        case ledger::PreauthStatus::frozen: return "preauthorisation.frozen";
        case ledger::PreauthStatus::confirmed: return "preauthorisation.confirmed";
        case ledger::PreauthStatus::cancelled: return "preauthorisation.cancelled";
        case ledger::PreauthStatus::failed: return "preauthorisation.failed";
    }
    TOLLGATE_CHECK(false);
    return std::nullopt;
}

ledger::EventRecord preauth_event(std::string_view type, const ledger::Preauthorisation& preauth,
                                  const ledger::Payment* payment, Timestamp now, Entropy& entropy) {
    std::string data = R"("preauthorisation":)" + to_json(preauth);
    ledger::EventRecord event{.id = make_id("evt", now, entropy),
                              .app = preauth.app,
                              .type = std::string(type),
                              .created_at = now};
    if (payment != nullptr) {
        data += R"(,"payment":)" + to_json(*payment);
        event.payment = payment->row;
        event.version = payment->version;
    }
    event.payload = payload(type, now, data);
    return event;
}

ledger::EventRecord endpoint_disabled_event(std::string_view app, const ledger::Endpoint& endpoint,
                                            std::string_view reason, Timestamp now,
                                            Entropy& entropy) {
    std::string data = R"("endpoint":{"id":)";
    append_json_string(data, endpoint.id);
    data += R"(,"url":)";
    append_json_string(data, endpoint.plan.url);
    data += R"(,"reason":)";
    append_json_string(data, reason);
    data += "}";
    return {.id = make_id("evt", now, entropy),
            .app = std::string(app),
            .type = std::string(kEndpointDisabled),
            .payload = payload(kEndpointDisabled, now, data),
            .created_at = now};
}

ledger::EventRecord endpoint_test_event(std::string_view app, const ledger::Endpoint& endpoint,
                                        std::string_view example, Timestamp now, Entropy& entropy) {
    std::string data = R"("endpoint":{"id":)";
    append_json_string(data, endpoint.id);
    data += "}";
    if (!example.empty()) data += R"(,"example":)" + std::string(example);
    return {.id = make_id("evt", now, entropy),
            .app = std::string(app),
            .type = std::string(kEndpointTest),
            .payload = payload(kEndpointTest, now, data),
            .only_endpoint = endpoint.row,
            .created_at = now};
}

ledger::EventRecord difference_event(const ledger::DifferenceRecord& difference,
                                     const ledger::Payment* payment, Timestamp now,
                                     Entropy& entropy) {
    std::string data = R"("difference":{"id":)";
    append_json_string(data, difference.id);
    data += R"(,"class":)";
    append_json_string(data, difference.difference_class);
    data += R"(,"trade_no":)";
    append_json_string(data, difference.trade_no);
    data += R"(,"evidence":)" + difference.evidence + "}";
    if (payment != nullptr) data += R"(,"payment":)" + to_json(*payment);
    return {.id = make_id("evt", now, entropy),
            .app = difference.app,
            .type = "difference.opened",
            .payment = difference.payment,
            .version = payment == nullptr ? std::nullopt : std::optional(payment->version),
            .payload = payload("difference.opened", now, data),
            .created_at = now};
}

// to_json(Payment) puts it first.
std::string_view payment_in(std::string_view payload) {
    constexpr std::string_view kMark = R"("payment":{"id":")";
    const std::size_t mark = payload.find(kMark);
    if (mark == std::string_view::npos) return {};
    payload.remove_prefix(mark + kMark.size());
    return payload.substr(0, payload.find('"'));
}

}  // namespace tollgate::callbacks
