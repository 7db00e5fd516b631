#include "gateway/event_json.h"

#include "base/time_text.h"

namespace tollgate::gateway {
namespace {

AnswerJson number_json(const std::optional<std::int64_t>& number) {
    return number ? AnswerJson(*number) : AnswerJson(nullptr);
}

}  // namespace

std::string to_text(const AnswerJson& json) {
    return json.dump(-1, ' ', false, AnswerJson::error_handler_t::replace);
}

AnswerJson time_json(const std::optional<Timestamp>& at) {
    return at ? AnswerJson(to_rfc3339(*at)) : AnswerJson(nullptr);
}

std::string event_json(const ledger::EventView& event, const std::string& further) {
    std::string json = to_text({{"publication", number_json(event.publication)},
                                {"id", event.id},
                                {"type", event.type},
                                {"app", event.app},
                                {"created_at", to_rfc3339(event.created_at)}});
    json.pop_back();
    // As it was signed and sent, byte for byte.
    return json + ",\"payload\":" + event.payload + further + "}";
}

AnswerJson delivery_json(const ledger::DeliveryView& delivery, Timestamp now) {
    const bool pending = delivery.status == ledger::DeliveryStatus::pending;
    const bool under_way = pending && delivery.lease_until && *delivery.lease_until > now;
    return {
        {"event", delivery.event_id},
        {"type", delivery.event_type},
        {"app", delivery.app},
        {"endpoint", delivery.endpoint_id},
        {"status", name_of(delivery.status)},
        {"generation", delivery.generation},
        {"attempts", delivery.attempts},
        {"under_way", under_way},
        {"next_attempt_at",
         time_json(pending && !under_way ? std::optional(delivery.next_attempt_at) : std::nullopt)},
        {"event_created_at", to_rfc3339(delivery.event_created_at)},
        {"finished_at", time_json(delivery.finished_at)}};
}

AnswerJson deliveries_json(const std::vector<ledger::DeliveryView>& deliveries, Timestamp now) {
    AnswerJson list = AnswerJson::array();
    for (const auto& delivery : deliveries) list.push_back(delivery_json(delivery, now));
    return list;
}

AnswerJson attempt_json(const ledger::AttemptView& attempt) {
    return {{"endpoint", attempt.endpoint_id},
            {"number", attempt.number},
            {"generation", attempt.generation},
            {"started_at", to_rfc3339(attempt.started_at)},
            {"finished_at", time_json(attempt.finished_at)},
            {"outcome", attempt.outcome},
            {"http_status", number_json(attempt.http_status)},
            {"address", attempt.address},
            {"phases",
             {{"dns_us", number_json(attempt.phases.dns_us)},
              {"connect_us", number_json(attempt.phases.connect_us)},
              {"tls_us", number_json(attempt.phases.tls_us)},
              {"first_byte_us", number_json(attempt.phases.first_byte_us)},
              {"total_us", number_json(attempt.phases.total_us)}}},
            {"detail", attempt.detail}};
}

}  // namespace tollgate::gateway
